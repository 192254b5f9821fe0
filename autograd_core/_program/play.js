// The player of an exported program: `program(inputs, parameters)` returns its values and, on request, its gradients.
// Each branch is a list of instructions on numbered slots. The slots hold first the inputs, then the parameters, then
// the constants, and then the results of the instructions, in order.

function player(rows, branches) {
    "use strict";
    const isNothing = (x) => Object.is(x, -0);
    const even = (x) => { const r = Math.round(x); return r - x === 0.5 && r % 2 !== 0 ? r - 1 : r; };
    const questions = {
        lt: (x, y) => x < y, le: (x, y) => x <= y, gt: (x, y) => x > y, ge: (x, y) => x >= y,
        eq: (x, y) => x === y, ne: (x, y) => x !== y, is: (x) => x, bool: (x) => x !== 0,
        isfinite: Number.isFinite, is_integer: (x) => Number.isInteger(x), int: Math.trunc, trunc: Math.trunc,
        floor: Math.floor, ceil: Math.ceil, round: even,
    };
    const whole = new Set(["int", "trunc", "floor", "ceil", "round"]);

    // Returns whether the answer is the same as in the trace; throws an error if the question has no answer.
    function answered(kind, numbers, outcome) {
        let found = Number(questions[kind](...numbers));
        if (whole.has(kind)) {
            if (!Number.isFinite(numbers[0])) throw new py.Raised(numbers[0] ? "OverflowError" : "ValueError"); // NaN
            found += 0;
        }
        return Object.is(found, outcome);
    }

    function operandsOf(branch, k) {
        return branch.operands.slice(branch.starts[k], branch.starts[k + 1]);
    }

    function forward(branch, inputs, parameters) {
        const slots = [...inputs, ...branch.parameters.map((i) => parameters[i]), ...branch.constants];
        const errors = new Map();
        for (let k = 0; k < branch.code.length; k++) {
            const row = rows[branch.rows[branch.code[k]]];
            const numbers = operandsOf(branch, k).map((slot) => slots[slot]);
            if (errors.size && numbers.includes(null)) {
                slots.push(null);
                continue;
            }
            try {
                slots.push(Array.isArray(row.slopes) ? row.value(...numbers) : row.value(numbers));
            } catch (error) {
                errors.set(k, error);
                slots.push(null);
            }
        }
        return holds(branch, slots, errors) ? slots : null;
    }

    // Returns whether all guards get the same answers as in the trace. Throws the first error that the traced function
    // would meet, unless a guard fails before that error.
    function holds(branch, slots, errors) {
        let done = 0;
        for (const [kind, operands, outcome, after] of branch.guards) {
            throwFirst(errors, branch.risks.slice(done, after));
            done = after;
            const numbers = operands.map((slot) => slots[slot]);
            if (!numbers.includes(null) && !answered(kind, numbers, outcome)) return false;
        }
        throwFirst(errors, [...branch.risks.slice(done), ...errors.keys()]);
        return true;
    }

    function throwFirst(errors, instructions) {
        for (const k of instructions) if (errors.has(k)) throw errors.get(k);
    }

    function locals(row, numbers, z, variable) {
        const plain = variable.some((moves) => !moves);
        const said = (places, i) => {
            const flat = places[i];
            return flat === true || (typeof flat === "function" && Boolean(flat(...numbers)));
        };
        if (Array.isArray(row.slopes)) {
            return numbers.map((_, i) => {
                if (!variable[i]) return -0;
                const slope = row.slopes[i](...numbers, z);
                return slope !== 0 ? slope : said(row.flat, i) || (plain && said(row.beside, i)) ? -0 : 0;
            });
        }
        const slopes = row.slopes(numbers, z), [where] = [...row.flat, ...row.beside];
        const flat = where ? where(numbers, variable.map(Number)) : [];
        return numbers.map((_, i) => {
            if (!variable[i]) return -0;
            return slopes[i] !== 0 ? slopes[i] : flat[i] ? -0 : 0;
        });
    }

    function gradients(branch, slots, parameters, seed) {
        const first = slots.length - branch.code.length;
        const adjoints = new Array(slots.length).fill(-0);
        adjoints[branch.outputs[0]] = seed === 0 ? -0 : seed;
        for (let k = branch.code.length - 1; k >= 0; k--) {
            const upstream = adjoints[first + k];
            if (isNothing(upstream) || !branch.variable[first + k]) continue;
            const at = operandsOf(branch, k), row = rows[branch.rows[branch.code[k]]];
            const numbers = at.map((slot) => slots[slot]), variable = at.map((slot) => branch.variable[slot] === 1);
            locals(row, numbers, slots[first + k], variable).forEach((local, i) => {
                if (!isNothing(local)) adjoints[at[i]] += upstream * local + 0;
            });
        }
        const by = parameters.map(() => 0);
        branch.parameters.forEach((i, j) => { by[i] = adjoints[branch.inputs + j] + 0; });
        return {inputs: adjoints.slice(0, branch.inputs).map((x) => x + 0), parameters: by};
    }

    return function program(inputs, parameters) {
        for (const branch of branches) {
            const slots = forward(branch, inputs, parameters);
            if (slots !== null) {
                return {
                    values: branch.outputs.map((slot) => slots[slot]),
                    gradients: (seed = 1) => gradients(branch, slots, parameters, seed),
                };
            }
        }
        throw new RangeError("these numbers are on a branch that was not traced");
    };
}
