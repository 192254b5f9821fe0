/* The operators of Value. */
#include "core.h"

#include <string.h>

/* Raise the error for an operator that is used before ops.py has installed the operations. */
static PyObject *not_ready(void)
{
    return PyErr_Format(PyExc_SystemError, "autograd_core was not imported completely");
}

/* Compute `left ∘ right` for +, - or *, the operators that make up most programs. None of them can fail, so everything
   is inline. The current Place is looked up first, so that no number has to be kept across that call. */
INLINED PyObject *ring(PyObject *left, PyObject *right, int which)
{
    Function *function = S.operators[which];
    Node *x = is_value(left) ? (Node *)left : NULL, *y = is_value(right) ? (Node *)right : NULL;
    if (function == NULL)
        return not_ready();
    if (!(x || PyFloat_CheckExact(left)) || !(y || PyFloat_CheckExact(right)))
        return apply_binary(function, left, right);
    Place *place = place_now();
    if (place == NULL)
        return NULL;
    double a = x ? x->data : PyFloat_AS_DOUBLE(left), b = y ? y->data : PyFloat_AS_DOUBLE(right);
    double z = which == MUL ? a * b : which == ADD ? a + b : a - b;
    double dx = which == MUL ? b + 0.0 : 1.0, dy = which == MUL ? a + 0.0 : which == ADD ? 1.0 : -1.0;
    if (which == MUL && !x && a == 0.0) /* flat if the other operand is the plain number 0 */
        dy = NOTHING;
    if (which == MUL && !y && b == 0.0)
        dx = NOTHING;
    return record_at(place, function, TWO, z, x, y, x ? dx : a, y ? dy : b);
}

static PyObject *value_add(PyObject *left, PyObject *right) { return ring(left, right, ADD); }
static PyObject *value_subtract(PyObject *left, PyObject *right) { return ring(left, right, SUB); }
static PyObject *value_multiply(PyObject *left, PyObject *right) { return ring(left, right, MUL); }

#define BINARY(name, which)                                                                                            \
    static PyObject *name(PyObject *left, PyObject *right)                                                             \
    {                                                                                                                  \
        return S.operators[which] ? apply_binary(S.operators[which], left, right) : not_ready();                       \
    }
BINARY(value_divide, DIV)
BINARY(value_floor_divide, FLOORDIV)
BINARY(value_remainder, MOD)

static PyObject *value_power(PyObject *left, PyObject *right, PyObject *modulus)
{
    if (modulus != Py_None && !is_value(left))
        return Py_NewRef(Py_NotImplemented);
    if (modulus != Py_None)
        return PyErr_Format(PyExc_TypeError, "pow() takes 2 positional arguments but 3 were given");
    return S.operators[POW] ? apply_binary(S.operators[POW], left, right) : not_ready();
}

#define UNARY(name, which)                                                                                             \
    static PyObject *name(PyObject *operand)                                                                           \
    {                                                                                                                  \
        return S.operators[which] ? apply_unary(S.operators[which], operand) : not_ready();                            \
    }
UNARY(value_negative, NEG)
UNARY(value_positive, POS)
UNARY(value_absolute, ABS)

static PyObject *value_divmod(PyObject *left, PyObject *right)
{
    PyObject *quotient = PyNumber_FloorDivide(left, right);
    PyObject *rest = quotient ? PyNumber_Remainder(left, right) : NULL;
    PyObject *both = rest ? PyTuple_Pack(2, quotient, rest) : NULL;
    Py_XDECREF(quotient);
    Py_XDECREF(rest);
    return both;
}

/* Operators whose results are plain numbers, as those of float's operators are, and so have no gradient. */
static int value_bool(PyObject *self) { return ((Node *)self)->data != 0.0; }
static PyObject *value_int(PyObject *self)
{
    return note_taken(self) < 0 ? NULL : PyLong_FromDouble(((Node *)self)->data);
}

static PyObject *value_float(PyObject *self) { return refused("Value", "__float__", self, NULL); }

PyType_Slot arithmetic_slots[] = {
    {Py_nb_add, value_add},
    {Py_nb_subtract, value_subtract},
    {Py_nb_multiply, value_multiply},
    {Py_nb_true_divide, value_divide},
    {Py_nb_floor_divide, value_floor_divide},
    {Py_nb_remainder, value_remainder},
    {Py_nb_power, value_power},
    {Py_nb_divmod, value_divmod},
    {Py_nb_negative, value_negative},
    {Py_nb_positive, value_positive},
    {Py_nb_absolute, value_absolute},
    {Py_nb_bool, value_bool},
    {Py_nb_int, value_int},
    {Py_nb_float, value_float},
    {0, NULL},
};

static const struct {
    const char *name, *reflected;
} OPERATOR_NAMES[OPERATORS] = {
    [ADD] = {"__add__", "__radd__"},
    [SUB] = {"__sub__", "__rsub__"},
    [MUL] = {"__mul__", "__rmul__"},
    [DIV] = {"__truediv__", "__rtruediv__"},
    [FLOORDIV] = {"__floordiv__", "__rfloordiv__"},
    [MOD] = {"__mod__", "__rmod__"},
    [POW] = {"__pow__", "__rpow__"},
    [NEG] = {"__neg__", ""},
    [POS] = {"__pos__", ""},
    [ABS] = {"__abs__", ""},
};

/* Define a method or operator of Value. For each operator above, the type already has a slot, which calls the function;
   any other name becomes an attribute of the type. */
static PyObject *install(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    const char *name;
    PyObject *function;
    if (!PyArg_ParseTuple(arguments, "sO:install", &name, &function))
        return NULL;
    for (int i = 0; i < OPERATORS; i++) {
        if (strcmp(name, OPERATOR_NAMES[i].reflected) == 0)
            Py_RETURN_NONE; /* the slot also serves the reflected operator */
        if (strcmp(name, OPERATOR_NAMES[i].name) == 0 && S.operators[i] == NULL) {
            if (Py_TYPE(function) != S.function_type)
                return PyErr_Format(PyExc_TypeError, "an operator must be made by unary or binary");
            S.operators[i] = (Function *)Py_NewRef(function);
            Py_RETURN_NONE;
        }
    }
    PyObject *key = PyUnicode_FromString(name);
    int there = key ? PyDict_Contains(S.value_type->tp_dict, key) : -1;
    if (there > 0)
        PyErr_Format(PyExc_TypeError, "Value.%s is already defined: two operations in the table define it", name);
    int failed = there != 0 || PyObject_SetAttr((PyObject *)S.value_type, key, function) < 0;
    Py_XDECREF(key);
    if (failed)
        return NULL;
    Py_RETURN_NONE;
}

PyMethodDef arithmetic_methods[] = {
    {"_install", install, METH_VARARGS, "_install($module, name, function, /)\n--\n\n"},
    {NULL, NULL, 0, NULL},
};
