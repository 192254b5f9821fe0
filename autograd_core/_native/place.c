/* The class Place (the scopes that the running code is in, and whether operations are recorded), and the context
   managers that enter another place: _engine/places.py and context.py in C. */
#include "core.h"

#include <string.h>
#include <structmember.h>

static Place *new_place(Place *parent, PyObject *name, int recording, unsigned long long owner)
{
    Place *place = PyObject_New(Place, S.place_type);
    if (place == NULL)
        return NULL;
    place->parent = (Place *)Py_XNewRef((PyObject *)parent);
    place->name = Py_XNewRef(name);
    place->recording = (char)recording;
    place->owner = owner;
    return place;
}

/* Return the place of a scope inside `here`. It has no owner: no context manager has entered it or will leave it. */
Place *place_inside(Place *here, PyObject *name) { return new_place(here, name, here->recording, 0); }

static PyObject *place_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"parent", "name", "recording", "owner", NULL};
    PyObject *parent, *name;
    int recording;
    unsigned long long owner = 0;
    if (type != S.place_type)
        return PyErr_Format(PyExc_TypeError, "Place is final");
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "OOp|K:Place", names, &parent, &name, &recording, &owner))
        return NULL;
    if ((parent != Py_None && Py_TYPE(parent) != S.place_type) || (name != Py_None && !PyUnicode_CheckExact(name)))
        return PyErr_Format(PyExc_TypeError, "a Place's parent must be a Place or None, and its name a str or None");
    return (PyObject *)new_place(parent == Py_None ? NULL : (Place *)parent, name == Py_None ? NULL : name, recording,
                                 owner);
}

/* Places nest as deeply as scopes do, so a loop releases them one by one, without recursion. */
static void place_dealloc(PyObject *self)
{
    while (self) {
        Place *place = (Place *)self;
        PyObject *parent = (PyObject *)place->parent;
        Py_XDECREF(place->name);
        PyObject_Free(place);
        Py_DECREF((PyObject *)S.place_type);
        self = NULL;
        if (parent) {
            if (Py_REFCNT(parent) == 1)
                self = parent;
            else
                Py_DECREF(parent);
        }
    }
}

static PyObject *place_path(PyObject *self, void *Py_UNUSED(closure))
{
    Py_ssize_t depth = 0;
    for (Place *place = (Place *)self; place; place = place->parent)
        depth += place->name != NULL;
    PyObject *path = PyTuple_New(depth);
    if (path == NULL)
        return NULL;
    for (Place *place = (Place *)self; place; place = place->parent)
        if (place->name)
            PyTuple_SET_ITEM(path, --depth, Py_NewRef(place->name));
    return path;
}

static PyMemberDef place_members[] = {
    {"parent", T_OBJECT, offsetof(Place, parent), READONLY, NULL},
    {"name", T_OBJECT, offsetof(Place, name), READONLY, NULL},
    {"recording", T_BOOL, offsetof(Place, recording), READONLY, NULL},
    {"owner", T_ULONGLONG, offsetof(Place, owner), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef place_getset[] = {
    {"path", place_path, NULL, "The names of the scopes around this place, outermost first.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot place_slots[] = {
    {Py_tp_doc, "The scopes that the running code is in, and whether operations are recorded; a place is immutable."},
    {Py_tp_new, place_new},
    {Py_tp_dealloc, place_dealloc},
    {Py_tp_members, place_members},
    {Py_tp_getset, place_getset},
    {0, NULL},
};

static PyType_Spec place_spec = {"autograd_core._engine.places.Place", sizeof(Place), 0, Py_TPFLAGS_DEFAULT, place_slots};

/* A context manager and decorator that enters another place and leaves it again. The manager has no state, since a
   place knows its parent and its owner. So one manager can serve any number of threads and tasks. */
typedef struct Inside {
    PyObject_HEAD
    PyObject *name; /* of a scope; otherwise NULL */
} Inside;

static PyObject *inside_alloc(PyTypeObject *type, PyObject *name)
{
    Inside *self = (Inside *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->name = Py_XNewRef(name);
    return (PyObject *)self;
}

static PyObject *scope_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"name", NULL};
    PyObject *name;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "O", names, &name))
        return misfit("scope", NULL, NULL, arguments, keywords);
    if (!PyUnicode_CheckExact(name))
        return refused("scope", NULL, name, NULL);
    return inside_alloc(type, name);
}

/* Call scope(name) without making a tuple of arguments, because networks make a scope for every unit and example. */
static PyObject *scope_vectorcall(PyObject *type, PyObject *const *arguments, size_t count, PyObject *keywords)
{
    if (PyVectorcall_NARGS(count) == 1 && keywords == NULL && PyUnicode_CheckExact(arguments[0]))
        return inside_alloc((PyTypeObject *)type, arguments[0]);
    PyObject *positional = PyTuple_New(PyVectorcall_NARGS(count)), *named = NULL, *made = NULL;
    for (Py_ssize_t i = 0; positional && i < PyTuple_GET_SIZE(positional); i++)
        PyTuple_SET_ITEM(positional, i, Py_NewRef(arguments[i]));
    int ready = positional != NULL && (keywords == NULL || (named = PyDict_New()) != NULL);
    for (Py_ssize_t i = 0; ready && keywords && i < PyTuple_GET_SIZE(keywords); i++)
        ready = PyDict_SetItem(named, PyTuple_GET_ITEM(keywords, i), arguments[PyVectorcall_NARGS(count) + i]) == 0;
    if (ready)
        made = scope_new((PyTypeObject *)type, positional, named);
    Py_XDECREF(positional);
    Py_XDECREF(named);
    return made;
}

static PyObject *bare(const char *name, PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    if (PyTuple_GET_SIZE(arguments) || (keywords && PyDict_GET_SIZE(keywords)))
        return misfit(name, NULL, NULL, arguments, keywords);
    return inside_alloc(type, NULL);
}

static PyObject *record_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"source", NULL};
    int source = 0;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "|$p:record", names, &source))
        return misfit("record", NULL, NULL, arguments, keywords);
    return source ? call_python("autograd_core._engine.sources", "Following", NULL, NULL) : inside_alloc(type, NULL);
}

static PyObject *no_record_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    return bare("no_record", type, arguments, keywords);
}

static void inside_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    Py_CLEAR(((Inside *)self)->name);
    type->tp_free(self);
    Py_DECREF(type);
}

static unsigned long long id_of(PyObject *object) { return (unsigned long long)(uintptr_t)object; }

static int move_to(Place *place)
{
    PyObject *token = PyContextVar_Set(S.place_variable, (PyObject *)place);
    Py_XDECREF(token);
    return token ? 0 : -1;
}

/* Return the place in a context where the context variable was never set: the variable's default. Set the variable to
   this default, because Python caches the result of a look-up only if the variable is set. Otherwise, in a context that
   holds other variables, such as decimal's, every new node would cost another search. Steals the reference to `none`,
   the result of the look-up. */
Place *first_place(PyObject *none)
{
    PyObject *place = NULL;
    Py_DECREF(none);
    if (PyContextVar_Get(S.place_variable, NULL, &place) < 0 || place == NULL)
        return NULL;
    if (move_to((Place *)place) < 0)
        Py_CLEAR(place);
    return (Place *)place;
}

/* Enter the place that belongs to `self`; if `recording` is negative, recording is left unchanged. */
static PyObject *enter(PyObject *self, int recording)
{
    if (connected() < 0)
        return NULL;
    Place *here = place_now();
    if (here == NULL)
        return NULL;
    Place *next = new_place(here, ((Inside *)self)->name, recording < 0 ? here->recording : recording,
                            id_of(self));
    int failed = next == NULL || move_to(next) < 0;
    Py_DECREF(here);
    Py_XDECREF(next);
    if (failed)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *scope_enter(PyObject *self, PyObject *Py_UNUSED(no)) { return enter(self, -1); }
static PyObject *record_enter(PyObject *self, PyObject *Py_UNUSED(no)) { return enter(self, 1); }
static PyObject *no_record_enter(PyObject *self, PyObject *Py_UNUSED(no)) { return enter(self, 0); }

static PyObject *inside_exit(PyObject *self, PyObject *const *Py_UNUSED(arguments), Py_ssize_t Py_UNUSED(count))
{
    Place *here = connected() < 0 ? NULL : place_now();
    if (here == NULL)
        return NULL;
    int innermost = here->parent && here->owner == id_of(self);
    int failed = innermost && move_to(here->parent) < 0;
    Py_DECREF(here);
    if (!innermost)
        return call_python("autograd_core._engine.places", "leave", self, NULL);
    if (failed)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *inside_call(PyObject *self, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"function", NULL};
    PyObject *function;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "O", names, &function))
        return misfit("record", "__call__", self, arguments, keywords); /* the same error for all three */
    return call_python("autograd_core._engine.decorated", "decorated", self, function);
}

#define EXIT {"__exit__", (PyCFunction)(void (*)(void))inside_exit, METH_FASTCALL, NULL}
#define END {NULL, NULL, 0, NULL}
static PyMethodDef scope_methods[] = {{"__enter__", scope_enter, METH_NOARGS, NULL}, EXIT, END};
static PyMethodDef record_methods[] = {{"__enter__", record_enter, METH_NOARGS, NULL}, EXIT, END};
static PyMethodDef no_record_methods[] = {{"__enter__", no_record_enter, METH_NOARGS, NULL}, EXIT, END};

static PyObject *scope_name(PyObject *self, void *Py_UNUSED(closure)) { return Py_NewRef(((Inside *)self)->name); }

static PyGetSetDef scope_getset[] = {
    {"name", scope_name, refused_attribute, NULL, "name"},
    {"_name", scope_name, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
static PyGetSetDef no_getset[] = {{NULL, NULL, NULL, NULL, NULL}};

/* The docstrings come from the Python classes: _engine/choice.py sets them. */
static PyTypeObject *inside_type(PyObject *module, const char *name, newfunc make, PyMethodDef *methods,
                                 PyGetSetDef *getset, const char *doc)
{
    PyType_Slot slots[] = {
        {Py_tp_new, make},
        {Py_tp_dealloc, inside_dealloc},
        {Py_tp_call, inside_call},
        {Py_tp_methods, methods},
        {Py_tp_getset, getset},
        {Py_tp_doc, (void *)doc},
        {0, NULL},
    };
    PyType_Spec spec = {name, sizeof(Inside), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
    PyTypeObject *type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &spec, NULL);
    if (type != NULL && PyModule_AddType(module, type) < 0)
        Py_CLEAR(type);
    if (type != NULL)
        type->tp_name = strrchr(name, '.') + 1; /* as in messages about a class made in Python */
    return type;
}

int place_ready(PyObject *module)
{
    S.place_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &place_spec, NULL);
    if (S.place_type == NULL || PyModule_AddType(module, S.place_type) < 0)
        return -1;
    PyTypeObject *types[3] = {
        inside_type(module, "autograd_core.context.scope", scope_new, scope_methods, scope_getset, "scope(name)\n--\n\n"),
        inside_type(module, "autograd_core.context.record", record_new, record_methods, no_getset, "record(*, source=False)\n--\n\n"),
        inside_type(module, "autograd_core.context.no_record", no_record_new, no_record_methods, no_getset,
                    "no_record()\n--\n\n"),
    };
    if (types[0])
        types[0]->tp_vectorcall = scope_vectorcall;
    int ready = types[0] && types[1] && types[2] ? 0 : -1;
    for (int i = 0; i < 3; i++)
        Py_XDECREF(types[i]); /* the module holds a reference to each */
    return ready;
}
