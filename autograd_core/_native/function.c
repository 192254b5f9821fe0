/* The functions that apply the operations, such as `ops.add`: how they read arguments, their Python type, and how they
   are made. */
#include "kernels.h"

#include <structmember.h>

/* Return the name that messages use for the function. */
static PyObject *function_name(Function *function)
{
    PyObject *name = function->dict ? PyDict_GetItemString(function->dict, "__name__") : NULL;
    return name && PyUnicode_Check(name) ? Py_NewRef(name) : PyUnicode_FromString("apply");
}

/* Read the operands x and y of a call (at most `most` of them) as a Python function with these parameters would. If
   such a function would reject the arguments, errors.misfit raises the error that Python would raise. */
static int taken(Function *function, int most, PyObject *const *arguments, Py_ssize_t given, PyObject *keywords,
                 PyObject **operands)
{
    static const char *const names[2] = {"x", "y"};
    int fits = given <= most;
    for (Py_ssize_t i = 0; i < given && fits; i++)
        operands[i] = arguments[i];
    for (Py_ssize_t i = 0; keywords && fits && i < PyTuple_GET_SIZE(keywords); i++) {
        int at = 0;
        while (at < most && PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(keywords, i), names[at]) != 0)
            at++;
        fits = at < most && operands[at] == NULL;
        if (fits)
            operands[at] = arguments[given + i];
    }
    PyObject *fallback = function->kind == STRICT_FUNCTION ? function->fallback : Py_None;
    if (most == 2 && operands[1] == NULL && fallback != Py_None)
        operands[1] = fallback;
    if (fits && operands[0] && (most == 1 || operands[1]))
        return 0;
    PyObject *called = function_name(function), *says = called ? PyObject_GetAttrString(S.errors, "misfit") : NULL;
    PyObject *bound = says ? PyObject_CallFunction(says, "OiO", called, most, fallback) : NULL;
    PyObject *result = bound ? PyObject_Vectorcall(bound, arguments, (size_t)given, keywords) : NULL;
    Py_XDECREF(result);
    Py_XDECREF(bound);
    Py_XDECREF(says);
    Py_XDECREF(called);
    return -1;
}

static PyObject *call_unary(PyObject *self, PyObject *const *arguments, size_t count, PyObject *keywords)
{
    PyObject *operand = NULL;
    Py_ssize_t given = PyVectorcall_NARGS(count);
    if (given == 1 && keywords == NULL)
        return apply_unary((Function *)self, arguments[0]);
    if (taken((Function *)self, 1, arguments, given, keywords, &operand) < 0)
        return NULL;
    return apply_unary((Function *)self, operand);
}

static PyObject *call_binary(PyObject *self, PyObject *const *arguments, size_t count, PyObject *keywords)
{
    Function *function = (Function *)self;
    Py_ssize_t given = PyVectorcall_NARGS(count);
    PyObject *operands[2] = {NULL, NULL};
    if (given == 2 && keywords == NULL)
        operands[0] = arguments[0], operands[1] = arguments[1];
    else if (taken(function, 2, arguments, given, keywords, operands) < 0)
        return NULL;
    PyObject *result = apply_binary(function, operands[0], operands[1]);
    if (result != Py_NotImplemented || function->kind == BINARY_FUNCTION)
        return result;
    Py_DECREF(result);
    PyObject *x = unwrapped(operands[0]), *y = x ? unwrapped(operands[1]) : NULL;
    result = y ? apply_binary(function, x, y) : NULL;
    Py_XDECREF(x);
    Py_XDECREF(y);
    if (result != Py_NotImplemented)
        return result;
    Py_DECREF(result);
    double unused_number;
    int left = is_value(operands[0]) ? 1 : number_of(operands[0], &unused_number);
    return left < 0 ? NULL : raise_not_a_number(function, operands[left ? 1 : 0]);
}

static PyObject *call_many(PyObject *self, PyObject *const *arguments, size_t count, PyObject *keywords)
{
    if (keywords && PyTuple_GET_SIZE(keywords)) {
        PyObject *called = function_name((Function *)self);
        if (called)
            PyErr_Format(PyExc_TypeError, "%U() got an unexpected keyword argument '%U'", called,
                         PyTuple_GET_ITEM(keywords, 0));
        Py_XDECREF(called);
        return NULL;
    }
    return apply_many((Function *)self, arguments, PyVectorcall_NARGS(count));
}

/* --- The type and its makers --------------------------------------------------------------------------------- */

static int function_traverse(PyObject *self, visitproc visit, void *arg)
{
    Function *function = (Function *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(function->dict);
    Py_VISIT(function->operation);
    Py_VISIT(function->value);
    Py_VISIT(function->slopes[0]);
    Py_VISIT(function->slopes[1]);
    Py_VISIT(function->gather);
    Py_VISIT(function->fallback);
    return 0;
}

static int function_clear(PyObject *self)
{
    /* Everything that a call needs is kept until the function is freed, because a finalizer may still call the
       function. Clearing the attributes is enough: any cycle goes through them, or through the operation, whose own
       attributes the collector clears. */
    Py_CLEAR(((Function *)self)->dict);
    return 0;
}

static void function_dealloc(PyObject *self)
{
    Function *function = (Function *)self;
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    if (function->row_flag)
        row_function_gone(function->row);
    Py_XDECREF(function->dict);
    Py_XDECREF(function->operation);
    Py_XDECREF(function->value);
    Py_XDECREF(function->slopes[0]);
    Py_XDECREF(function->slopes[1]);
    Py_XDECREF(function->gather);
    Py_XDECREF(function->fallback);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *function_repr(PyObject *self)
{
    PyObject *name = function_name((Function *)self);
    PyObject *text = name ? PyUnicode_FromFormat("<function %U at %p>", name, self) : NULL;
    Py_XDECREF(name);
    return text;
}

/* Pickle the function by its name, as Python does with its own functions. */
static PyObject *function_reduce(PyObject *self, PyObject *Py_UNUSED(unused))
{
    return function_name((Function *)self);
}

static PyObject *function_bind(PyObject *self, PyObject *object, PyObject *Py_UNUSED(type))
{
    return object == NULL || object == Py_None ? Py_NewRef(self) : PyMethod_New(self, object);
}

static PyMethodDef function_methods[] = {
    {"__reduce__", function_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef function_members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(Function, vectorcall), READONLY, NULL},
    {"__dictoffset__", T_PYSSIZET, offsetof(Function, dict), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef function_getset[] = {
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot function_slots[] = {
    {Py_tp_call, PyVectorcall_Call},
    {Py_tp_dealloc, function_dealloc},
    {Py_tp_traverse, function_traverse},
    {Py_tp_clear, function_clear},
    {Py_tp_repr, function_repr},
    {Py_tp_descr_get, function_bind},
    {Py_tp_methods, function_methods},
    {Py_tp_members, function_members},
    {Py_tp_getset, function_getset},
    {0, NULL},
};

static PyType_Spec function_spec = {
    "autograd_core._native._core.function", sizeof(Function), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_METHOD_DESCRIPTOR |
        Py_TPFLAGS_DISALLOW_INSTANTIATION,
    function_slots,
};

/* Whether the row has flat derivatives: it has a function that tests for them, or a derivative is the number 0. */
static int states_flat(PyObject *operation, Function *function, int arity)
{
    PyObject *flat = PyObject_GetAttrString(operation, "flat");
    PyObject *beside = flat ? PyObject_GetAttrString(operation, "flat_beside") : NULL;
    int stated = beside ? PyObject_IsTrue(flat) || PyObject_IsTrue(beside) : 0;
    for (int i = 0; i < arity; i++)
        stated = stated || (PyFloat_Check(function->slopes[i]) && PyFloat_AS_DOUBLE(function->slopes[i]) == 0.0);
    Py_XDECREF(flat);
    Py_XDECREF(beside);
    return stated;
}

/* Return how the function of a row with many operands takes them (Operation.shape), or -1 with an exception set. */
static int gather_of(PyObject *operation)
{
    PyObject *shape = PyObject_GetAttrString(operation, "shape");
    PyObject *lists = shape ? PyObject_GetAttrString(shape, "lists") : NULL;
    PyObject *parameters = lists ? PyObject_GetAttrString(shape, "parameters") : NULL;
    Py_ssize_t count = parameters ? PySequence_Size(parameters) : -1;
    int gather = count < 0 ? -1 : lists != Py_True ? GATHER_ARGUMENTS : count == 1 ? GATHER_LIST : GATHER_TWO_LISTS;
    Py_XDECREF(shape);
    Py_XDECREF(lists);
    Py_XDECREF(parameters);
    return gather;
}

static Function *new_function(PyObject *operation, FunctionKind kind, vectorcallfunc call)
{
    if (connected() < 0)
        return NULL;
    Function *function = (Function *)S.function_type->tp_alloc(S.function_type, 0);
    if (function == NULL)
        return NULL;
    function->kind = kind;
    function->vectorcall = call;
    function->operation = Py_NewRef(operation);
    function->dict = PyDict_New();
    function->value = PyObject_GetAttrString(operation, "value");
    function->fallback = PyObject_GetAttrString(operation, "default");
    PyObject *slopes = PyObject_GetAttrString(operation, "derivatives");
    PyObject *name = PyObject_GetAttrString(operation, "name");
    int arity = kind == MANY_FUNCTION ? -1 : kind == UNARY_FUNCTION ? 1 : 2, ready = 0;
    if (function->dict && function->value && function->fallback && slopes && name &&
        row_number(operation, 0, &function->row, &function->row_flag) == 0) {
        if (arity < 0) {
            function->slopes[0] = Py_NewRef(slopes);
            function->gather = PyObject_GetAttrString(operation, "gather");
            int gather = gather_of(operation);
            ready = function->gather != NULL && gather >= 0;
            function->gather_kind = ready ? (Gather)gather : GATHER_ARGUMENTS;
        } else if (PyTuple_Check(slopes) && PyTuple_GET_SIZE(slopes) == arity) {
            for (int i = 0; i < arity; i++)
                function->slopes[i] = Py_NewRef(PyTuple_GET_ITEM(slopes, i));
            ready = 1;
        } else {
            PyErr_SetString(PyExc_ValueError, "an operation must have one local derivative for each operand");
        }
        const char *known = ready && !function->row_flag ? PyUnicode_AsUTF8(name) : NULL;
        Kernel *kernel = known ? kernel_named(known, arity) : NULL;
        if (kernel) {
            function->kernel.any = kernel->function;
            function->flat_kind = kernel->flat;
        }
        function->states_flat = (char)states_flat(operation, function, arity);
        if (PyErr_Occurred())
            ready = 0;
    }
    Py_XDECREF(slopes);
    Py_XDECREF(name);
    if (!ready)
        Py_CLEAR(function);
    return function;
}

static PyObject *unary(PyObject *Py_UNUSED(module), PyObject *operation)
{
    return (PyObject *)new_function(operation, UNARY_FUNCTION, call_unary);
}

static PyObject *binary(PyObject *Py_UNUSED(module), PyObject *operation)
{
    return (PyObject *)new_function(operation, BINARY_FUNCTION, call_binary);
}

static PyObject *many(PyObject *Py_UNUSED(module), PyObject *operation)
{
    return (PyObject *)new_function(operation, MANY_FUNCTION, call_many);
}

static PyObject *strict(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *operation;
    Function *apply;
    if (!PyArg_ParseTuple(arguments, "OO!:strict", &operation, S.function_type, &apply))
        return NULL;
    Function *function = new_function(operation, STRICT_FUNCTION, call_binary);
    if (function) {
        function->kernel = apply->kernel;
        function->flat_kind = apply->flat_kind;
    }
    return (PyObject *)function;
}

PyMethodDef function_makers[] = {
    {"unary", unary, METH_O, "unary($module, row, /)\n--\n\n"},
    {"binary", binary, METH_O, "binary($module, row, /)\n--\n\n"},
    {"strict", strict, METH_VARARGS, "strict($module, row, apply, /)\n--\n\n"},
    {"many", many, METH_O, "many($module, row, /)\n--\n\n"},
    {NULL, NULL, 0, NULL},
};

int function_ready(PyObject *module)
{
    S.function_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &function_spec, NULL);
    if (S.function_type == NULL)
        return -1;
    S.function_type->tp_name = "function"; /* the type's name in messages of the Python engine */
    return 0;
}
