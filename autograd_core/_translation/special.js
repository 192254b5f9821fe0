// The functions that JavaScript's Math lacks. Their errors, in units in the last place, are at most 2 for erf, 4 for
// erfc and 10 for gamma; lgamma is accurate to 10 units of max(1, |lgamma|), and factorial is rounded once. `special`
// takes the runtime, and the coefficients that erfc shares with gelu, which are defined in Python.
const special = function ({ fail, high, copysign }, MILLS) {
    function polynomial(coefficients, x) {
        return coefficients.reduceRight((total, c) => total * x + c, 0);
    }
    // Sums a series whose terms are all positive, so no digits cancel.
    function erf(x) {
        if (!(Math.abs(x) < 1)) return x !== x ? x : x > 0 ? 1 - erfc(x) : erfc(-x) - 1;
        let term = 1, sum = 1;
        for (let n = 1; term > 1e-17 * sum; n++) sum += term *= 2 * x * x / (2 * n + 1);
        return 1.1283791670955126 * x * Math.exp(-x * x) * sum;
    }
    // exp(-x**2) times Mills' ratio; x is split in two before it is squared, so that no digits of x**2 are lost.
    function erfc(x) {
        if (!(x > 0.71)) return x < -6 ? 2 : 1 - erf(x);
        if (x > 28) return 0;
        const t = x * Math.SQRT2, h = high(x);
        const factor = 2 * polynomial(MILLS, (t - 3) / (t + 3)) / (1 + t);
        return factor * Math.exp(-(x - h) * (x + h)) * Math.exp(-h * h / 2) * Math.exp(-h * h / 2);
    }
    // The Lanczos approximation, with the same coefficients as in CPython.
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
    // Multiplies integers of any size, so the result is exact up to 22!, and rounded at most once from 23! to 170!.
    function factorial(n) {
        if (n < 0) fail("ValueError");
        if (n > 170) fail("OverflowError");
        let product = 1n;
        for (let i = 2; i <= n; i++) product *= BigInt(i);
        return Number(product);
    }

    return { erf, erfc, gamma, lgamma, factorial };
};
