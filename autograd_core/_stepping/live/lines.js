// Formats numbers as Python does, and inserts them into lines of text.

// Formats x like Python's "%.4g", with any precision: correctly rounded, ties to even, without trailing zeros.
function formatted(x, precision) {
  if (x !== x) return "nan";
  if (!Number.isFinite(x)) return x < 0 ? "-inf" : "inf";
  const sign = x < 0 || Object.is(x, -0) ? "-" : "";
  if (x === 0) return sign + "0";
  const [mantissa, power] = Math.abs(x).toExponential(precision + 24).split("e");
  const all = mantissa.replace(".", ""), rest = all.slice(precision);
  let digits = all.slice(0, precision), exponent = Number(power);
  const half = "5".padEnd(rest.length, "0");
  if (rest > half || (rest === half && Number(digits[precision - 1]) % 2 === 1)) {
    digits = (BigInt(digits) + 1n).toString();
    if (digits.length > precision) { digits = digits.slice(0, precision); exponent += 1; }
  }
  digits = digits.replace(/0+$/, "");
  if (exponent < -4 || exponent >= precision) {
    const tail = digits.length > 1 ? `.${digits.slice(1)}` : "";
    return `${sign}${digits[0]}${tail}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, "0"), tail = digits.slice(exponent + 1);
  return sign + whole + (tail ? `.${tail}` : "");
}

const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const bracketed = (text) => (text.startsWith("-") ? `(${text})` : text);
const raised = (text) => (/^-?\d\d?$/.test(text) ? text.replace("-", "⁻").replace(/\d/g, (d) => RAISED[d]) : `^${bracketed(text)}`);

// Inserts a player's numbers into lines; `state.open` becomes true if a number is unknown.
function filling(play, precision) {
  const { numbers, why } = play, MOST_LISTED = 8;
  const state = { open: false };
  function number(slot, slope) {
    if (why[slot]) { state.open = true; return "?"; }
    return formatted(slope ? numbers[slot] + 0 : numbers[slot], precision);
  }
  function alike(i, j) {
    const a = numbers[i], b = numbers[j];
    if (why[i] || why[j] || a === b || (a !== a && b !== b)) return true;
    return Number.isFinite(a) && Number.isFinite(b) && Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));
  }
  function undetermined(local, above, sent) {
    const a = numbers[local], b = numbers[above], meet = (x, y) => x === 0 && Math.abs(y) === Infinity;
    return !why[sent] && numbers[sent] !== numbers[sent] && (meet(a, b) || meet(b, a)) ? " (0 times infinity is undetermined)" : "";
  }
  function wrong(right, found) {
    const listed = found.filter(([, came, due]) => !alike(came, due))
      .map(([what, came, due]) => `${fill(what)} = ${number(came, true)} instead of ${number(due, true)}`);
    if (!listed.length) return right;
    const more = listed.length > MOST_LISTED ? [`… ${listed.length - MOST_LISTED} more`] : [];
    return `Wrong, because the boxes were not sorted: ${[...listed.slice(0, MOST_LISTED), ...more].join("; ")}`;
  }
  function piece(one) {
    if (typeof one === "string") return one;
    if (typeof one === "number") return number(one, false);
    const [kind, ...given] = one;
    switch (kind) {
      case 4: return raised(number(given[0], false));
      case "x": return `${number(given[0], true)} × ${bracketed(number(given[1], true))} = ${number(given[2], true)}`;
      case "g": return `grad ${number(given[0], true)}`;
      case "G": return `grad ${number(given[0], true)} ✓`;
      case "=": return [...new Set(given.map(fill))].join(" = ");
      case "?": return undetermined(...given);
      case "d": return alike(given[0], given[1]) ? "" : fill(given[2]);
      case "w": return wrong(given[0], given.slice(1));
      case "n": {
        const count = given.filter(([a, b]) => !alike(a, b)).length;
        return count ? `, ${count} with a wrong gradient` : "";
      }
      default: {
        const text = number(given[0], kind > 1);
        return kind % 2 ? bracketed(text) : text;
      }
    }
  }
  function fill(line) {
    return typeof line === "string" ? line : line.map(piece).join("");
  }
  return { fill, number, state };
}
