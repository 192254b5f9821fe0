/* The player of an exported program. Each branch is a list of instructions on numbered slots. The slots hold first the
   inputs, then the parameters, then the constants, and then the results of the instructions, in order. */
typedef struct Guard {
    int kind, count, operands[2], after; /* after: how many of the branch's risks are computed before the question */
    double outcome;
} Guard;

typedef struct Branch {
    int inputs, parameters, constants, count, guards, outputs, widest;
    const int *parameter, *code, *starts, *operands, *output;
    const signed char *variable;
    const double *constant;
    const Guard *guard;
    const int *risk; /* the instructions that may have no value, in the order in which the function computed them */
} Branch;

enum { LT, LE, GT, GE, EQ, NE, IS, BOOL, ISFINITE, IS_INTEGER, INT, TRUNC, FLOOR, CEIL, ROUND };

static int is_nothing(double x) { return x == 0.0 && signbit(x); }

/* Asks a guard's question. Returns 0 if the answer is the trace's, 1 if it differs, or 2 if there is no answer. */
static int asked(const Guard *guard, const double *slots)
{
    double x = slots[guard->operands[0]], y = guard->count > 1 ? slots[guard->operands[1]] : 0.0, z;
    if (guard->kind >= INT && !isfinite(x))
        return 2;
    switch (guard->kind) {
    case LT: z = x < y; break;
    case LE: z = x <= y; break;
    case GT: z = x > y; break;
    case GE: z = x >= y; break;
    case EQ: z = x == y; break;
    case NE: z = x != y; break;
    case BOOL: z = x != 0.0; break;
    case ISFINITE: z = isfinite(x) != 0; break;
    case IS_INTEGER: z = isfinite(x) && x == floor(x); break;
    case INT:
    case TRUNC: z = trunc(x) + 0.0; break;
    case FLOOR: z = floor(x) + 0.0; break;
    case CEIL: z = ceil(x) + 0.0; break;
    case ROUND: z = nearbyint(x) + 0.0; break;
    default: z = x;
    }
    int alike = (z == guard->outcome && !signbit(z) == !signbit(guard->outcome)) || (isnan(z) && isnan(guard->outcome));
    return !alike;
}

static int slots_of(const Branch *b) { return b->inputs + b->parameters + b->constants + b->count; }

enum { KNOWN, UNKNOWN, RAISED };

/* Returns what the function would meet first, given that instruction `from` has no value: 1 for a guard that leads to
   another branch, or 2 for an operation or a question that has no value. */
static int first_failure(const Branch *b, int from, double *slots, double *state, double *xs)
{
    int first = slots_of(b) - b->count, risk = 0;
    for (int slot = 0; slot < first + from; slot++)
        state[slot] = KNOWN;
    for (int k = from; k < b->count; k++) {
        int count = b->starts[k + 1] - b->starts[k];
        state[first + k] = KNOWN;
        for (int i = 0; i < count; i++) {
            int slot = b->operands[b->starts[k] + i];
            xs[i] = slots[slot];
            if (state[slot] != KNOWN)
                state[first + k] = UNKNOWN;
        }
        if (state[first + k] == KNOWN && value_of(b->code[k], xs, count, &slots[first + k]))
            state[first + k] = RAISED;
    }
    for (int i = 0; i < b->guards; i++) {
        const Guard *g = &b->guard[i];
        for (; risk < g->after; risk++)
            if (state[first + b->risk[risk]] == RAISED)
                return 2;
        int known = state[g->operands[0]] == KNOWN && (g->count < 2 || state[g->operands[1]] == KNOWN);
        int found = known ? asked(g, slots) : 0;
        if (found)
            return found;
    }
    return 2;
}

/* Computes the numbers in all slots; `state` is scratch memory for one double per slot. Returns 0 on success, 1 if
   these numbers take another branch, or 2 if an operation or a question has no value. */
static int forward(const Branch *b, const double *inputs, const double *parameters, double *slots, double *state,
                   double *xs)
{
    int done = 0;
    for (int i = 0; i < b->inputs; i++)
        slots[done++] = inputs[i];
    for (int i = 0; i < b->parameters; i++)
        slots[done++] = parameters[b->parameter[i]];
    for (int i = 0; i < b->constants; i++)
        slots[done++] = b->constant[i];
    for (int k = 0; k < b->count; k++) {
        int count = b->starts[k + 1] - b->starts[k];
        for (int i = 0; i < count; i++)
            xs[i] = slots[b->operands[b->starts[k] + i]];
        if (value_of(b->code[k], xs, count, &slots[done++]))
            return first_failure(b, k, slots, state, xs);
    }
    for (int i = 0; i < b->guards; i++) {
        int found = asked(&b->guard[i], slots);
        if (found)
            return found;
    }
    return 0;
}

static void backward(const Branch *b, const double *slots, double *adjoints, double *xs)
{
    double *locals = xs + b->widest, *variable = locals + b->widest;
    int first = b->inputs + b->parameters + b->constants;
    for (int k = b->count - 1; k >= 0; k--) {
        double upstream = adjoints[first + k];
        if (is_nothing(upstream) || !b->variable[first + k])
            continue;
        int count = b->starts[k + 1] - b->starts[k];
        const int *operands = b->operands + b->starts[k];
        for (int i = 0; i < count; i++) {
            xs[i] = slots[operands[i]];
            variable[i] = b->variable[operands[i]];
        }
        slopes_of(b->code[k], xs, count, slots[first + k], variable, locals);
        for (int i = 0; i < count; i++)
            if (b->variable[operands[i]] && !is_nothing(locals[i]))
                adjoints[operands[i]] += upstream * locals[i] + 0.0;
    }
}

/* Computes the numbers in the function's result and, unless `by_input` is NULL, the gradients of the first number with
   respect to inputs and parameters. Returns 0 on success, 1 if the inputs take a branch that was not traced, 2 if an
   operation has no value, or 3 if memory runs out. */
int program_gradients(const double *inputs, const double *parameters, double *outputs, double *by_input,
                      double *by_parameter)
{
    for (size_t at = 0; at < sizeof branches / sizeof *branches; at++) {
        const Branch *b = &branches[at];
        int slots = slots_of(b);
        double *memory = malloc((size_t)(2 * slots + 3 * b->widest + 1) * sizeof *memory);
        if (memory == NULL)
            return 3;
        double *adjoints = memory + slots, *xs = adjoints + slots;
        int found = forward(b, inputs, parameters, memory, adjoints, xs);
        for (int i = 0; found == 0 && i < b->outputs; i++)
            outputs[i] = memory[b->output[i]];
        if (found == 0 && by_input) {
            for (int i = 0; i < slots; i++)
                adjoints[i] = -0.0;
            adjoints[b->output[0]] = 1.0;
            backward(b, memory, adjoints, xs);
            for (int i = 0; i < b->inputs; i++)
                by_input[i] = adjoints[i] + 0.0;
            for (int i = 0; i < PARAMETERS; i++)
                by_parameter[i] = 0.0;
            for (int i = 0; i < b->parameters; i++)
                by_parameter[b->parameter[i]] = adjoints[b->inputs + i] + 0.0;
        }
        free(memory);
        if (found != 1)
            return found;
    }
    return 1;
}

/* Computes the numbers in the function's result; returns the same codes as program_gradients. */
int program(const double *inputs, const double *parameters, double *outputs)
{
    return program_gradients(inputs, parameters, outputs, NULL, NULL);
}
