// What translated rows stand on: Python's arithmetic and `math` in JavaScript, with what they raise.
//
// Exact, as in Python: + - * / sqrt, % and //, frexp, ldexp, fmod, remainder, floor, ceil. Right to 1 unit in the last
// place: hypot. The rest of `math` is the browser's `Math` (V8: within 1 unit for exp, log, sin, …), but for erf (2
// units), erfc (4), gamma (10) and lgamma (10 units of max(1, |lgamma|)), which JavaScript lacks and which are here.
// Takes the table that its erfc shares with gelu, which Python holds.
const runtime = function (MILLS) {
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
    // Scaled in steps of which only the last can round.
    function ldexp(x, e) {
        if (x === 0 || !isFinite(x)) return x;
        const [m, own] = frexp(x), exponent = own + e;
        if (exponent > 1024) fail("OverflowError");
        if (exponent < -1080) return copysign(0, x);
        if (exponent >= -1021) return m * 2 * 2 ** (exponent - 1);
        return m * 2 ** -1000 * 2 ** (exponent + 1000);
    }
    const high = (x) => { const t = 134217729 * x; return t - (t - x); };
    // Scaled by a power of two; squares and their sum to twice the precision; the root mended once.
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
    function polynomial(coefficients, x) {
        return coefficients.reduceRight((total, c) => total * x + c, 0);
    }
    // A series of positive terms.
    function erf(x) {
        if (!(Math.abs(x) < 1)) return x !== x ? x : x > 0 ? 1 - erfc(x) : erfc(-x) - 1;
        let term = 1, sum = 1;
        for (let n = 1; term > 1e-17 * sum; n++) sum += term *= 2 * x * x / (2 * n + 1);
        return 1.1283791670955126 * x * Math.exp(-x * x) * sum;
    }
    // exp(-x**2), x split before it is squared, times Mills' ratio.
    function erfc(x) {
        if (!(x > 0.71)) return x < -6 ? 2 : 1 - erf(x);
        if (x > 28) return 0;
        const t = x * Math.SQRT2, h = high(x);
        const factor = 2 * polynomial(MILLS, (t - 3) / (t + 3)) / (1 + t);
        return factor * Math.exp(-(x - h) * (x + h)) * Math.exp(-h * h / 2) * Math.exp(-h * h / 2);
    }
    // Lanczos' sum and its use as in CPython.
    const NUMERATOR = [
        23531376880.41076, 42919803642.6491, 35711959237.355667, 17921034426.03721, 6039542586.352028,
        1439720407.3117216, 248874557.86205417, 31426415.5854002, 2876370.6289353725, 186056.26539522348,
        8071.672002365816, 210.82427775157935, 2.5066282746310002,
    ];
    const DENOMINATOR = [
        0, 39916800, 120543840, 150917976, 105258076, 45995730, 13339535, 2637558, 357423, 32670, 1925, 66, 1,
    ];
    const G = 6.02468004077673, LESS_HALF = 5.52468004077673;
    function lanczos(x) {
        if (x < 5) return polynomial(NUMERATOR, x) / polynomial(DENOMINATOR, x);
        const above = NUMERATOR.reduce((total, c) => total / x + c, 0);
        return above / DENOMINATOR.reduce((total, c) => total / x + c, 0);
    }
    function sinpi(x) {
        const y = Math.abs(x) % 2, n = Math.round(2 * y);
        const r = [
            () => Math.sin(Math.PI * y), () => Math.cos(Math.PI * (y - 0.5)), () => Math.sin(Math.PI * (1 - y)),
            () => -Math.cos(Math.PI * (y - 1.5)), () => Math.sin(Math.PI * (y - 2)),
        ][n]();
        return copysign(1, x) * r;
    }
    function gamma(x) {
        if (x !== x || x === Infinity) return x;
        if (x === -Infinity || x === 0 || (x < 0 && x === Math.floor(x))) fail("ValueError");
        const a = Math.abs(x);
        if (x === Math.floor(x) && x <= 23) return factorial(x - 1);
        if (a < 1e-20) return Number.isFinite(1 / x) ? 1 / x : fail("OverflowError");
        if (a > 200) return x < 0 ? 0 / sinpi(x) : fail("OverflowError");
        const y = a + LESS_HALF;
        const z = (a > LESS_HALF ? y - a - LESS_HALF : y - LESS_HALF - a) * G / y;
        const root = Math.pow(y, a / 2 - 0.25);
        let r;
        if (x < 0) {
            r = -Math.PI / sinpi(a) / a * Math.exp(y) / lanczos(a);
            r = (r - z * r) / (a < 140 ? Math.pow(y, a - 0.5) : root);
            r /= a < 140 ? 1 : root;
        } else {
            r = lanczos(a) / Math.exp(y);
            r = (r + z * r) * (a < 140 ? Math.pow(y, a - 0.5) : root);
            r *= a < 140 ? 1 : root;
        }
        return Number.isFinite(r) ? r : fail("OverflowError");
    }
    function lgamma(x) {
        if (!isFinite(x)) return x !== x ? x : Infinity;
        if (x === Math.floor(x) && x <= 2) return x <= 0 ? fail("ValueError") : 0;
        const a = Math.abs(x);
        if (a < 1e-20) return -Math.log(a);
        let r = Math.log(lanczos(a)) - G;
        r += (a - 0.5) * (Math.log(a + G - 0.5) - 1);
        if (x < 0) r = 1.1447298858494002 - Math.log(Math.abs(sinpi(a))) - Math.log(a) - r;
        return Number.isFinite(r) ? r : fail("OverflowError");
    }
    // Exact up to 22!, rounded at most once from there to 170! by way of integers of any size.
    function factorial(n) {
        if (n < 0) fail("ValueError");
        if (n > 170) fail("OverflowError");
        let product = 1n;
        for (let i = 2; i <= n; i++) product *= BigInt(i);
        return Number(product);
    }
    const round_to_int = (round) => function (x) {
        if (x !== x) fail("ValueError");
        return Number.isFinite(x) ? round(x) + 0 : fail("OverflowError");
    };

    return {
        Raised, caught, place, item, item_of, slice, repeat, backwards, index, largest, same_length, range_count,
        whole, truediv, mod, floordiv, mod_int: mod, floordiv_int: floordiv, abs: Math.abs, abs_int: Math.abs,
        max, min, max_int: max, min_int: min, pow, bool: (x) => x !== 0,
        acos: checked(Math.acos, "ValueError"), acosh: checked(Math.acosh, "ValueError"),
        asin: checked(Math.asin, "ValueError"), asinh: Math.asinh, atan: Math.atan, atan2: Math.atan2,
        atanh: checked(Math.atanh, "ValueError"), cbrt: Math.cbrt, copysign, cos: checked(Math.cos, "ValueError"),
        cosh: checked(Math.cosh, "OverflowError"), erf, erfc, exp: checked(Math.exp, "OverflowError"),
        exp2: checked((x) => Math.pow(2, x), "OverflowError"), expm1: checked(Math.expm1, "OverflowError"),
        fabs: Math.abs, fmod, gamma, lgamma, log: logarithm(Math.log), log10: logarithm(Math.log10),
        log1p: checked(Math.log1p, "ValueError"), log2: logarithm(Math.log2), remainder,
        sin: checked(Math.sin, "ValueError"), sinh: checked(Math.sinh, "OverflowError"),
        sqrt: checked(Math.sqrt, "ValueError"), tan: checked(Math.tan, "ValueError"), tanh: Math.tanh,
        isnan: (x) => x !== x, isinf: (x) => x === Infinity || x === -Infinity, isfinite: (x) => Number.isFinite(x),
        frexp, ldexp, floor: round_to_int(Math.floor), ceil: round_to_int(Math.ceil), trunc: round_to_int(Math.trunc),
        factorial, hypot_of, prod_of: (xs) => (xs.length ? xs.reduce((p, x) => p * x, 1) : fail("other")),
        python: () => fail("other"), radians: (x) => x * (Math.PI / 180), degrees: (x) => x * (180 / Math.PI),
    };
};
