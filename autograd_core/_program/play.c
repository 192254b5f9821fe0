/* The player: slots are inputs, parameters, constants, then one for each instruction, in order. */
typedef struct Guard {
    int kind, count, operands[2];
    double outcome;
} Guard;

typedef struct Branch {
    int inputs, parameters, constants, count, guards, outputs, widest;
    const int *parameter, *code, *starts, *operands, *output;
    const signed char *variable;
    const double *constant;
    const Guard *guard;
} Branch;

enum { LT, LE, GT, GE, EQ, NE, IS, BOOL, ISFINITE, IS_INTEGER, INT, TRUNC, FLOOR, CEIL, ROUND };

static int is_nothing(double x) { return x == 0.0 && signbit(x); }

static int answered(const Guard *guard, const double *slots)
{
    double x = slots[guard->operands[0]], y = guard->count > 1 ? slots[guard->operands[1]] : 0.0, z;
    if (guard->kind >= INT && !isfinite(x))
        return 0;
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
    return (z == guard->outcome && !signbit(z) == !signbit(guard->outcome)) || (isnan(z) && isnan(guard->outcome));
}

static int slots_of(const Branch *b) { return b->inputs + b->parameters + b->constants + b->count; }

/* Computes the slots. Returns 0, or 1 on another branch, or 2 if an operation has no value. */
static int forward(const Branch *b, const double *inputs, const double *parameters, double *slots, double *xs)
{
    int done = 0, raised = 0;
    for (int i = 0; i < b->inputs; i++)
        slots[done++] = inputs[i];
    for (int i = 0; i < b->parameters; i++)
        slots[done++] = parameters[b->parameter[i]];
    for (int i = 0; i < b->constants; i++)
        slots[done++] = b->constant[i];
    for (int k = 0; k < b->count && !raised; k++) {
        int count = b->starts[k + 1] - b->starts[k];
        for (int i = 0; i < count; i++)
            xs[i] = slots[b->operands[b->starts[k] + i]];
        raised = value_of(b->code[k], xs, count, &slots[done]);
        done += !raised;
    }
    for (int i = 0; i < b->guards; i++) {
        const Guard *g = &b->guard[i];
        int there = g->operands[0] < done && (g->count < 2 || g->operands[1] < done);
        if (there && !answered(g, slots))
            return 1;
    }
    return raised ? 2 : 0;
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

/* Computes the numbers of the function's result and, unless `by_input` is NULL, the gradients of the first with respect
   to inputs and parameters. Returns 0, or 1 if the numbers take a branch that was not traced, 2 if an operation has no
   value, or 3 if there is no memory. */
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
        int found = forward(b, inputs, parameters, memory, xs);
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

/* Computes the numbers of the function's result; returns the same codes as program_gradients. */
int program(const double *inputs, const double *parameters, double *outputs)
{
    return program_gradients(inputs, parameters, outputs, NULL, NULL);
}
