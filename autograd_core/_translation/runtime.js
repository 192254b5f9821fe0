// The runtime of translated rows: Python's arithmetic and `math` in JavaScript, including the exceptions.
//
// These give exactly the same results as in Python: +, -, *, /, % and //, sqrt, frexp, ldexp, fmod, remainder, floor
// and ceil. hypot is accurate to 1 unit in the last place. The other functions of `math` call the browser's `Math`
// (V8's exp, log, sin, … are accurate to 1 unit). The functions that JavaScript lacks, such as erf and gamma, are in
// special.js.
const runtime = function () {
    class Raised extends Error {
        constructor(kind) {
            super(`Python raises ${kind === "other" ? "an exception" : kind} here`);
            this.kind = kind;
        }
    }
    const fail = (kind) => { throw new Raised(kind); };
    const caught = (error, ...kinds) => error instanceof Raised && kinds.includes(error.kind);

    // --- Lists ---------------------------------------------------------------------------------------------------
    function place(index, count) {
        index += index < 0 ? count : 0;
        return index >= 0 && index < count ? index : fail("other");
    }
    const item = (xs, index) => xs[place(index, xs.length)];
    const item_of = (xs, index, count) => (xs.length === count ? xs[index] : fail("other"));
    const slice = (xs, low, high) => xs.slice(low, high);
    const repeat = (xs, times) => Array.from({length: Math.max(0, times) * xs.length}, (_, i) => xs[i % xs.length]);
    const backwards = (xs, stop) => xs.slice(stop < -xs.length ? 0 : stop < 0 ? stop + xs.length + 1 : stop + 1).reverse();
    function index(xs, x) {
        const at = xs.findIndex((y) => y === x);
        return at < 0 ? fail("ValueError") : at;
    }
    function largest(xs, count) {
        if (count <= 0 || count > xs.length) fail("other");
        let at = 0;
        for (let i = 1; i < count; i++) at = xs[i] > xs[at] ? i : at;
        return at;
    }
    const same_length = (a, b) => (a === b ? a : fail("ValueError"));
    const range_count = (start, stop, step) => Math.max(0, Math.ceil((stop - start) / step));

    // --- Arithmetic ----------------------------------------------------------------------------------------------
    const whole = (x) => (Math.abs(x) <= 2 ** 53 ? x : fail("other"));
    const truediv = (x, y) => (y === 0 ? fail("ZeroDivisionError") : x / y);
    const copysign = (x, y) => (y < 0 || Object.is(y, -0) ? -Math.abs(x) : Math.abs(x));
    function mod(x, y) {
        if (y === 0) fail("ZeroDivisionError");
        const rest = x % y;
        if (rest === 0) return copysign(0, y);
        return (y < 0) !== (rest < 0) ? rest + y : rest;
    }
    function floordiv(x, y) {
        if (y === 0) fail("ZeroDivisionError");
        const rest = x % y;
        let div = (x - rest) / y;
        if (rest !== 0 && (y < 0) !== (rest < 0)) div -= 1;
        if (div === 0) return copysign(0, x / y);
        const down = Math.floor(div);
        return div - down > 0.5 ? down + 1 : down;
    }
    const max = (x, y) => (y > x ? y : x);
    const min = (x, y) => (y < x ? y : x);
    const is_odd = (y) => Math.abs(y) % 2 === 1;
    function pow(x, y) {
        if (y === 0 || x === 1) return 1;
        if (x !== x || y !== y) return NaN;
        if (!isFinite(y)) return Math.abs(x) === 1 ? 1 : (y > 0) === (Math.abs(x) > 1) ? Infinity : 0;
        if (x === 0 && y < 0) fail("ZeroDivisionError");
        if (x < 0 && isFinite(x) && y !== Math.floor(y)) fail("other");
        const z = Math.pow(x, y);
        return isFinite(z) || !isFinite(x) ? z : fail("OverflowError");
    }

    // --- The module math -----------------------------------------------------------------------------------------
    function checked(compute, infinite) {
        return function (x) {
            const z = compute(x);
            if (z !== z && x === x) fail("ValueError");
            return Number.isFinite(z) || !Number.isFinite(x) ? z : fail(infinite);
        };
    }
    const logarithm = (compute) => (x) => (x > 0 || x !== x ? compute(x) : fail("ValueError"));
    function fmod(x, y) {
        const z = x % y;
        return z !== z && x === x && y === y ? fail("ValueError") : z;
    }
    function remainder(x, y) {
        if (x !== x || y !== y) return NaN;
        if (!isFinite(x) || y === 0) fail("ValueError");
        if (!isFinite(y)) return x;
        const size = Math.abs(y), m = Math.abs(x) % size, c = size - m;
        let r = m < c ? m : m > c ? -c : m - 2 * ((0.5 * (Math.abs(x) - m)) % size);
        return copysign(1, x) * r;
    }
    const bits = new DataView(new ArrayBuffer(8));
    function frexp(x) {
        if (x === 0 || !isFinite(x)) return [x, 0];
        bits.setFloat64(0, x);
        let exponent = (bits.getUint32(0) >>> 20) & 0x7ff;
        if (exponent === 0) {
            const [m, e] = frexp(x * 2 ** 64);
            return [m, e - 64];
        }
        bits.setUint32(0, (bits.getUint32(0) & 0x800fffff) | (1022 << 20));
        return [bits.getFloat64(0), exponent - 1022];
    }
    // Multiplies by powers of two in several steps; only the last step can round.
    function ldexp(x, e) {
        if (x === 0 || !isFinite(x)) return x;
        const [m, own] = frexp(x), exponent = own + e;
        if (exponent > 1024) fail("OverflowError");
        if (exponent < -1080) return copysign(0, x);
        if (exponent >= -1021) return m * 2 * 2 ** (exponent - 1);
        return m * 2 ** -1000 * 2 ** (exponent + 1000);
    }
    const high = (x) => { const t = 134217729 * x; return t - (t - x); };
    // The numbers are scaled by a power of two. The squares and their sum are computed to twice the precision of a
    // float, and the square root is then corrected once.
    function hypot_of(xs) {
        if (xs.some((x) => Math.abs(x) === Infinity)) return Infinity;
        const top = xs.reduce((m, x) => (Math.abs(x) > m || x !== x ? Math.abs(x) : m), 0);
        if (top === 0 || top !== top || xs.some((x) => x !== x)) return top === 0 ? 0 : NaN;
        const e = frexp(top)[1];
        let sum = 0, rest = 0;
        for (const x of xs) {
            const a = ldexp(x, -e), p = a * a, h = high(a), l = a - h, t = sum + p;
            rest += (h * h - p + 2 * h * l + l * l) + (sum >= p ? sum - t + p : p - t + sum);
            sum = t;
        }
        const root = Math.sqrt(sum + rest), h = high(root), l = root - h;
        const mended = root + (sum - h * h - 2 * h * l - l * l + rest) / (2 * root);
        return e > 1000 ? mended * 2 ** 1000 * 2 ** (e - 1000) : ldexp(mended, e);
    }
    const round_to_int = (round) => function (x) {
        if (x !== x) fail("ValueError");
        return Number.isFinite(x) ? round(x) + 0 : fail("OverflowError");
    };

    return {
        Raised, caught, place, item, item_of, slice, repeat, backwards, index, largest, same_length, range_count,
        whole, truediv, mod, floordiv, mod_int: mod, floordiv_int: floordiv, abs: Math.abs, abs_int: Math.abs,
        max, min, max_int: max, min_int: min, pow,
        acos: checked(Math.acos, "ValueError"), acosh: checked(Math.acosh, "ValueError"),
        asin: checked(Math.asin, "ValueError"), asinh: Math.asinh, atan: Math.atan, atan2: Math.atan2,
        atanh: checked(Math.atanh, "ValueError"), cbrt: Math.cbrt, copysign, cos: checked(Math.cos, "ValueError"),
        cosh: checked(Math.cosh, "OverflowError"), exp: checked(Math.exp, "OverflowError"),
        exp2: checked((x) => Math.pow(2, x), "OverflowError"), expm1: checked(Math.expm1, "OverflowError"),
        fabs: Math.abs, fmod, log: logarithm(Math.log), log10: logarithm(Math.log10),
        log1p: checked(Math.log1p, "ValueError"), log2: logarithm(Math.log2), remainder,
        sin: checked(Math.sin, "ValueError"), sinh: checked(Math.sinh, "OverflowError"),
        sqrt: checked(Math.sqrt, "ValueError"), tan: checked(Math.tan, "ValueError"), tanh: Math.tanh,
        isnan: (x) => x !== x, isinf: (x) => x === Infinity || x === -Infinity, isfinite: (x) => Number.isFinite(x),
        frexp, ldexp, floor: round_to_int(Math.floor), ceil: round_to_int(Math.ceil), trunc: round_to_int(Math.trunc),
        fail, high, hypot_of, prod_of: (xs) => (xs.length ? xs.reduce((p, x) => p * x, 1) : fail("other")),
        python: () => fail("other"), radians: (x) => x * (Math.PI / 180), degrees: (x) => x * (180 / Math.PI),
    };
};
