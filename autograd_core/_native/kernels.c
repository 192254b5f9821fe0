/* Which row has which kernel. */
#include "kernels.h"

#include <string.h>

Kernel *kernel_named(const char *name, int arity)
{
    Kernel *kernels = arity == 1 ? unary_kernels : arity == 2 ? binary_kernels : many_kernels;
    for (Kernel *kernel = kernels; kernel->name; kernel++) {
        if (strcmp(kernel->name, name) == 0 && !kernel->taken) {
            kernel->taken = 1;
            return kernel;
        }
    }
    return NULL;
}

int python_hypot(const double *xs, Py_ssize_t count, double *z)
{
    static PyObject *hypot_function;
    PyObject *few[4], **numbers = count <= 4 ? few : PyMem_New(PyObject *, count), *result = NULL;
    Py_ssize_t made = 0;
    if (hypot_function == NULL) {
        PyObject *math = PyImport_ImportModule("math");
        hypot_function = math ? PyObject_GetAttrString(math, "hypot") : NULL;
        Py_XDECREF(math);
    }
    if (hypot_function && numbers) {
        while (made < count && (numbers[made] = PyFloat_FromDouble(xs[made])))
            made++;
        if (made == count)
            result = PyObject_Vectorcall(hypot_function, numbers, (size_t)count, NULL);
    }
    for (Py_ssize_t i = 0; i < made; i++)
        Py_DECREF(numbers[i]);
    if (numbers != few)
        PyMem_Free(numbers);
    if (result == NULL || !PyFloat_CheckExact(result)) {
        Py_XDECREF(result);
        PyErr_Clear(); /* the row's Python will say it */
        return 0;
    }
    *z = PyFloat_AS_DOUBLE(result);
    Py_DECREF(result);
    return 1;
}

static const struct {
    const char *name, *reason;
} WITHOUT[] = {
    {"gamma", "math.gamma is CPython's own, and its derivative decimal arithmetic"},
    {"gamma_derivative", "decimal arithmetic: the call from C to Python is not what it costs"},
    {"product", "whole numbers of any size: the call from C to Python is not what it costs"},
    {"lgamma", "math.lgamma is CPython's own, and its derivative needs polygamma"},
    {"polygamma", "a series of hundreds of operations: the call from C to Python is not what it costs"},
    {NULL, NULL},
};

static PyObject *rows_without_kernel(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    Kernel *tables[] = {unary_kernels, binary_kernels, many_kernels};
    PyObject *found = PyDict_New();
    for (uint32_t i = 0; found && i < S.row_count; i++) {
        if (S.rows[i].operation == NULL || !S.rows[i].permanent || S.rows[i].arity == 0)
            continue;
        PyObject *name = PyObject_GetAttrString(S.rows[i].operation, "name");
        const char *text = name ? PyUnicode_AsUTF8(name) : NULL, *reason = "no kernel has been written";
        int has_kernel = text == NULL || strcmp(text, "checkpoint") == 0; /* which is no function of numbers */
        for (int t = 0; t < 3; t++)
            for (Kernel *kernel = tables[t]; text && kernel->name; kernel++)
                has_kernel = has_kernel || strcmp(kernel->name, text) == 0;
        for (int w = 0; text && WITHOUT[w].name; w++)
            reason = strcmp(WITHOUT[w].name, text) == 0 ? WITHOUT[w].reason : reason;
        PyObject *said = text && !has_kernel ? PyUnicode_FromString(reason) : NULL;
        if (text == NULL || (!has_kernel && (said == NULL || PyDict_SetItem(found, name, said) < 0)))
            Py_CLEAR(found);
        Py_XDECREF(said);
        Py_XDECREF(name);
    }
    return found;
}

PyMethodDef kernel_methods[] = {
    {"rows_without_kernel", rows_without_kernel, METH_NOARGS,
     "rows_without_kernel($module, /)\n--\n\nThe rows that are left to their Python, each with the reason."},
    {NULL, NULL, 0, NULL},
};
