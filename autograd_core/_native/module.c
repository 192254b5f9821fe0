/* The extension module, which can be loaded only once in a process. */
#include "core.h"

#include <string.h>

#if defined(__clang__)
#define COMPILER "Clang " __clang_version__
#elif defined(__GNUC__)
#define COMPILER "GCC " __VERSION__
#elif defined(_MSC_VER)
#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)
#define COMPILER "MSC " TEXT(_MSC_FULL_VER)
#else
#define COMPILER "unknown"
#endif

#define END_OF_SIGNATURE "\n--\n\n"

State S;

static PyObject *connect(PyObject *Py_UNUSED(module), PyObject *originals)
{
    if (!PyDict_Check(originals))
        return PyErr_Format(PyExc_TypeError, "connect takes the dict of the Python objects");
    Py_XSETREF(S.originals, Py_NewRef(originals));
    Py_RETURN_NONE;
}

/* Give a function, method or attribute of this engine the docstring of its Python counterpart. The text in the C source
   is only the signature, which `inspect` reads. */
static PyObject *document(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *thing, *text;
    if (!PyArg_ParseTuple(arguments, "OU:document", &thing, &text))
        return NULL;
    const char **doc = PyCFunction_Check(thing)                    ? &((PyCFunctionObject *)thing)->m_ml->ml_doc
                       : Py_IS_TYPE(thing, &PyMethodDescr_Type)    ? &((PyMethodDescrObject *)thing)->d_method->ml_doc
                       : Py_IS_TYPE(thing, &PyGetSetDescr_Type)    ? &((PyGetSetDescrObject *)thing)->d_getset->doc
                                                                   : NULL;
    if (doc == NULL)
        return PyErr_Format(PyExc_TypeError, "%R takes no docstring", thing);
    const char *end = *doc ? strstr(*doc, END_OF_SIGNATURE) : NULL;
    size_t length = end ? (size_t)(end - *doc) + strlen(END_OF_SIGNATURE) : 0;
    PyObject *signature = PyUnicode_FromStringAndSize(*doc, (Py_ssize_t)length);
    PyObject *whole = signature ? PyUnicode_Concat(signature, text) : NULL;
    Py_XDECREF(signature);
    const char *kept = whole ? PyUnicode_AsUTF8(whole) : NULL;
    if (kept && PyList_Append(S.docstrings, whole) == 0)
        *doc = kept;
    Py_XDECREF(whole);
    if (PyErr_Occurred())
        return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"document", document, METH_VARARGS,
     "document($module, thing, text, /)\n--\n\nSet the docstring of an object made in C."},
    {"connect", connect, METH_O,
     "connect($module, originals, /)\n--\n\nSet the dict of the Python objects that this engine replaces."},
    {"release_memory", release_memory, METH_NOARGS, "release_memory($module, /)\n--\n\n"},
    {"memory", memory_report, METH_NOARGS,
     "memory($module, /)\n--\n\nReturn the numbers of nodes and slabs, and their sizes in bytes."},
    {NULL, NULL, 0, NULL},
};

static int ready(PyObject *module)
{
    PyInterpreterState *here = PyInterpreterState_Get();
    if (here != PyInterpreterState_Main()) {
        PyErr_SetString(PyExc_ImportError, "the native engine of autograd_core works only in the main interpreter");
        return -1;
    }
    if (S.loaded) {
        PyErr_SetString(PyExc_ImportError, "the native engine of autograd_core can be loaded only once in a process");
        return -1;
    }
    memory_ready();
    S.row_numbers = PyDict_New();
    S.docstrings = PyList_New(0);
    if (S.row_numbers == NULL || S.docstrings == NULL || place_ready(module) < 0 || value_ready(module) < 0 || function_ready(module) < 0 ||
        player_ready(module) < 0 ||
        PyModule_AddStringConstant(module, "COMPILER", COMPILER) < 0)
        return -1;
    S.loaded = 1;
    return 0;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, ready},
#if PY_VERSION_HEX >= 0x030C0000
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},
#endif
    {0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "autograd_core._native._core",
    .m_doc = "The engine in C: the objects with which _engine/choice.py replaces the Python objects of the same name.",
    .m_size = 0, .m_slots = slots,
};

PyMODINIT_FUNC PyInit__core(void)
{
    PyMethodDef *tables[] = {number_methods, value_makers, node_makers, function_makers, arithmetic_methods, sort_methods,
                             sweep_methods, gradient_methods, kernel_methods, weighted_methods, weight_methods,
                             optimizer_methods, batch_methods, listing_methods, traced_methods,
                             captured_methods, methods};
    static PyMethodDef all[128];
    size_t count = 0;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        for (PyMethodDef *method = tables[i]; method->ml_name; method++) {
            if (count + 1 == sizeof all / sizeof *all)
                return PyErr_Format(PyExc_SystemError, "the module has more functions than `all` has room for");
            all[count++] = *method;
        }
    definition.m_methods = all;
    return PyModuleDef_Init(&definition);
}
