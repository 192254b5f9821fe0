/* Checks guards, which are questions about a program's numbers: are the answers the same as in the trace? */
#include "player.h"

/* Whether the answer is the same as in the trace, for a question that C can answer. */
int guard_agrees(const PlayedGuard *guard, double x, double y)
{
    int answer;
    switch (guard->question) {
    case LESS: answer = x < y; break;
    case LESS_EQUAL: answer = x <= y; break;
    case GREATER: answer = x > y; break;
    case GREATER_EQUAL: answer = x >= y; break;
    case EQUAL: answer = x == y; break;
    case NOT_EQUAL: answer = x != y; break;
    case FINITE: answer = isfinite(x) != 0; break;
    case NUMBER: return x == guard->outcome && signbit(x) == signbit(guard->outcome);
    default: answer = x != 0.0; break;
    }
    return answer == (guard->outcome != 0.0);
}

int is_left(const PlayedGuard *guard) { return guard->question == FLAT || guard->question == BY_PYTHON; }

/* Set `answer` to 1.0 if a derivative is flat, or to 0.0 if it is not. */
static int flat_answer(const Listed *listed, const PlayedGuard *guard, const double *xs, double *answer)
{
    Py_ssize_t count = guard->row->arity == 1 ? 1 : guard->count;
    char *variable = PyMem_Malloc((size_t)count + 1);
    double *slopes = PyMem_New(double, (size_t)count + 1), z;
    int failed = variable == NULL || slopes == NULL || guard->at_operand >= count;
    for (Py_ssize_t i = 0; i < count && !failed; i++)
        variable[i] = (char)(listed->variable[guard->operands[i]] || i == guard->at_operand);
    failed = failed || row_alone(guard->row, xs, count, variable, &z, slopes) < 0;
    *answer = failed ? 0.0 : (double)is_nothing(slopes[guard->at_operand]);
    PyMem_Free(variable);
    PyMem_Free(slopes);
    return failed ? -1 : 0;
}

static int python_answer(const PlayedGuard *guard, const double *xs, double *answer)
{
    PyObject *numbers = PyTuple_New(guard->count), *given = NULL;
    for (int32_t i = 0; numbers && i < guard->count; i++) {
        PyObject *number = PyFloat_FromDouble(xs[i]);
        if (number == NULL)
            Py_CLEAR(numbers);
        else
            PyTuple_SET_ITEM(numbers, i, number);
    }
    if (numbers)
        given = PyObject_Call(guard->function, numbers, NULL);
    Py_XDECREF(numbers);
    return number_from(given, answer);
}

/* Return 1 if a guard gets the same answer as in the trace, 0 if not, or -1 with an exception set. */
int guard_holds(const Listed *listed, int32_t i, const double *slots)
{
    const PlayedGuard *guard = &listed->guard[i];
    double found = 0.0, *xs;
    if (!is_left(guard))
        return guard_agrees(guard, slots[guard->operands[0]], slots[guard->operands[1]]);
    if ((xs = PyMem_New(double, (size_t)guard->count + 1)) == NULL)
        return -1;
    for (int32_t j = 0; j < guard->count; j++)
        xs[j] = slots[guard->operands[j]];
    int failed = guard->question == FLAT ? flat_answer(listed, guard, xs, &found) : python_answer(guard, xs, &found);
    PyMem_Free(xs);
    return failed < 0 ? -1 : found == guard->outcome && signbit(found) == signbit(guard->outcome);
}
