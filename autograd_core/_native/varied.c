/* Finds the slots of a listing that are variables (that is, stand for nodes of the graph) when some leaves are plain
   numbers: `varying` in _program/listing.py. */
#include "core.h"

typedef struct Flags {
    Py_buffer leaves, old, starts, operands;
    char *made;
} Flags;

/* Fill the flags of all slots. Returns 0 if an operand lies out of bounds. */
static int vary(const Flags *flags)
{
    const int32_t *starts = flags->starts.buf, *operands = flags->operands.buf;
    const char *old = flags->old.buf;
    Py_ssize_t count = flags->starts.len / (Py_ssize_t)sizeof *starts - 1, first = flags->old.len - count;
    Py_ssize_t leaves = flags->leaves.len, edges = flags->operands.len / (Py_ssize_t)sizeof *operands;
    if (count < 0 || leaves > first || starts[0] < 0)
        return 0;
    memcpy(flags->made, flags->leaves.buf, (size_t)leaves);
    memcpy(flags->made + leaves, old + leaves, (size_t)(first - leaves));
    for (Py_ssize_t k = 0; k < count; k++) {
        char any = 0;
        if (starts[k + 1] < starts[k] || starts[k + 1] > edges)
            return 0;
        for (int32_t i = starts[k]; i < starts[k + 1]; i++) {
            if (operands[i] < 0 || operands[i] >= first + k)
                return 0;
            any |= flags->made[operands[i]];
        }
        flags->made[first + k] = (char)(old[first + k] && any);
    }
    return 1;
}

/* varied(leaves, variable, starts, operands): a flag for each slot, given the flags of the leaves. */
PyObject *varied(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    Flags flags;
    if (!PyArg_ParseTuple(arguments, "y*y*y*y*:varied", &flags.leaves, &flags.old, &flags.starts, &flags.operands))
        return NULL;
    PyObject *made = PyBytes_FromStringAndSize(NULL, flags.old.len);
    flags.made = made ? PyBytes_AS_STRING(made) : NULL;
    if (made && !vary(&flags)) {
        Py_CLEAR(made);
        PyErr_SetString(PyExc_ValueError, "the listing is damaged: an operand does not come before its instruction");
    }
    Py_buffer *buffers[] = {&flags.leaves, &flags.old, &flags.starts, &flags.operands};
    for (int i = 0; i < 4; i++)
        PyBuffer_Release(buffers[i]);
    return made;
}
