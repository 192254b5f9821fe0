/* Finds the kernel (the C function) of an operation by name. */
#include "kernels.h"

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

static PyObject *rows_without_kernel(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    PyObject *found = PyDict_New();
    for (const WithoutKernel *row = without_kernel; found && row->name; row++) {
        PyObject *reason = PyUnicode_FromString(row->reason);
        if (reason == NULL || PyDict_SetItemString(found, row->name, reason) < 0)
            Py_CLEAR(found);
        Py_XDECREF(reason);
    }
    return found;
}

PyMethodDef kernel_methods[] = {
    {"rows_without_kernel", rows_without_kernel, METH_NOARGS,
     "rows_without_kernel($module, /)\n--\n\nReturn the rows that run in Python, each with the reason."},
    {NULL, NULL, 0, NULL},
};
