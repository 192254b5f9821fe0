// Recomputes the numbers of a page: runs the page's instructions in order, with the same functions as the engine. A slot
// is an index into `numbers`. If a slot's number is known, `why` holds 0 for the slot; if not, it holds one more than the
// index of the reason in `reasons`.
function player(data, { rows, Raised }) {
  const read = (x) => (typeof x === "string" ? Number(x.replace("inf", "Infinity")) : x);
  const numbers = Float64Array.from(data.numbers, read), recorded = numbers.slice();
  const why = new Int32Array(numbers.length), reasons = [], remarks = [], stamps = new Map(data.stamps ?? []);
  let strayed = Infinity, branch = 0; // numbers with the stamp `strayed` or a later one are unknown, for the reason `branch`
  const nothing = (x) => x === 0 && Object.is(x, -0);

  function because(reason) {
    const known = reasons.indexOf(reason);
    return known >= 0 ? known + 1 : reasons.push(reason);
  }
  function lose(slot, count, reason) {
    for (let i = slot; i < slot + count; i++) { why[i] = reason; numbers[i] = NaN; }
  }
  const told = (where, args) => (typeof where === "function" ? where(...args) : where === true);

  function rowInstruction(name, slot, operands) {
    const row = rows[name], few = Array.isArray(row.slopes), count = operands.length;
    const at = operands.map((x) => (x < 0 ? ~x : x)), moves = operands.map((x) => x >= 0), args = new Array(count);
    const mixed = moves.includes(false), domain = data.domains[name];
    const where = domain ? `: it is defined for ${domain}` : "";
    const fails = () => `${name} of ${args.map((x) => formatted(x, data.precision)).join(", ")} has no value${where}`;
    const value = !few ? () => row.value(args) : count === 1 ? () => row.value(args[0]) : () => row.value(args[0], args[1]);
    function slopes(z) {
      const all = few ? null : row.slopes(args, z), flat = few || !row.flat.length ? null : row.flat[0](args);
      for (let i = 0; i < count; i++) {
        if (!moves[i]) continue;
        let d = !few ? all[i] : count === 1 ? row.slopes[0](args[0], z) : row.slopes[i](args[0], args[1], z);
        if (d === 0) {
          const path = few ? told(row.flat[i], args) || (mixed && told(row.beside[i], args))
            : flat ? flat[i] : nothing(recorded[slot + 1 + i]); // here, only plain numbers, which never change, block the gradient
          d = path ? -0 : 0;
        }
        numbers[slot + 1 + i] = d;
        why[slot + 1 + i] = 0;
      }
    }
    const stamp = stamps.get(slot) ?? -1;
    return () => {
      if (stamp >= strayed) return lose(slot, count + 1, branch);
      for (let i = 0; i < count; i++) {
        if (why[at[i]]) return lose(slot, count + 1, why[at[i]]);
        args[i] = numbers[at[i]];
      }
      try {
        numbers[slot] = value();
      } catch (error) {
        if (!(error instanceof Raised)) throw error;
        return lose(slot, count + 1, because(fails()));
      }
      why[slot] = 0;
      try {
        slopes(numbers[slot]);
      } catch (error) {
        if (!(error instanceof Raised)) throw error;
        lose(slot + 1, count, because(`only Python can compute the derivative of ${name} at this point`));
      }
    };
  }
  function frozenInstruction(slot, operands) {
    const at = operands.map((x) => (x < 0 ? ~x : x)), count = at.length;
    return () => {
      const moved = at.find((x) => why[x] || !Object.is(numbers[x], recorded[x]));
      if (moved !== undefined) return lose(slot, count + 1, why[moved] || because(data.frozen[slot]));
      for (let i = slot; i <= slot + count; i++) { numbers[i] = recorded[i]; why[i] = 0; }
    };
  }
  function send(slot, local, above, before) {
    return () => {
      const a = numbers[local], b = numbers[above];
      const none = (!why[local] && nothing(a)) || (!why[above] && nothing(b));
      const lost = none ? 0 : why[local] || why[above];
      if (lost) return lose(slot, 2, lost);
      numbers[slot] = none ? -0 : b * a + 0;
      why[slot] = 0;
      if (before >= 0 && why[before]) return lose(slot + 1, 1, why[before]);
      numbers[slot + 1] = (before < 0 ? -0 : numbers[before]) + numbers[slot];
      why[slot + 1] = 0;
    };
  }
  function made(slot, reads, compute) {
    return () => {
      const lost = reads.find((x) => why[x]);
      if (lost !== undefined) return lose(slot, 1, why[lost]);
      numbers[slot] = compute();
      why[slot] = 0;
    };
  }
  const program = data.code.map(([at, slot, ...reads]) => {
    const name = data.ops[at];
    switch (name) {
      case "frozen": return frozenInstruction(slot, reads);
      case "send": return send(slot, ...reads);
      case "norm": return made(slot, reads, () => Math.hypot(...reads.map((x) => numbers[x])));
      case "update": return made(slot, reads, () => numbers[reads[0]] - numbers[reads[2]] * numbers[reads[1]]);
      default: return rowInstruction(name, slot, reads);
    }
  });

  // --- guards: if the user's program would have taken another branch, every number that it made afterwards is unknown
  const QUESTIONS = {
    lt: (a, b) => a < b, le: (a, b) => a <= b, gt: (a, b) => a > b, ge: (a, b) => a >= b, eq: (a, b) => a === b, ne: (a, b) => a !== b,
    bool: (a) => a !== 0, int: Math.trunc, trunc: Math.trunc, floor: Math.floor, ceil: Math.ceil, read: Number,
  };
  function guarded() { // returns whether an answer has changed, so that another run is needed
    remarks.length = 0;
    const limit = strayed;
    for (const [kind, slots, outcome, words, stamp] of data.guards ?? []) {
      if (stamp >= limit || slots.some((x) => why[x])) continue;
      const found = Number(QUESTIONS[kind](...slots.map((x) => numbers[x])));
      if (found === outcome || (found !== found && outcome !== outcome)) continue;
      if (kind === "read") { remarks.push(words); continue; }
      strayed = stamp;
      branch = because(`${words}; now it is not, and the program would take another branch`);
      return true;
    }
    return false;
  }
  data.code.forEach(([at], i) => { if (data.ops[at] === "send" || data.ops[at] === "update") program[i](); });
  recorded.set(numbers); // products and sums are equal to the engine's, bit for bit
  function run(count = program.length) {
    strayed = Infinity;
    do {
      for (let i = 0; i < count; i++) program[i]();
    } while (guarded());
  }
  // Lets `look` change the numbers, and then restores them.
  function aside(look) {
    const numbersBefore = numbers.slice(), whyBefore = why.slice(), reasonsBefore = reasons.length;
    try {
      return look();
    } finally {
      numbers.set(numbersBefore);
      why.set(whyBefore);
      reasons.length = reasonsBefore;
    }
  }
  // Returns the output, or the sum of several outputs.
  const output = () => data.roots.reduce((sum, root) => sum + (why[root] ? NaN : numbers[root]), 0);
  // Returns the output with x in `slot` and all other slots recomputed.
  function outputAt(slot, x) {
    numbers[slot] = x;
    for (let i = 0; i < data.forward; i++) if (data.code[i][1] !== slot) program[i]();
    return output();
  }
  // Returns the gradients of the sum of `roots` with respect to all slots, or null if a local derivative is unknown.
  function sweep(roots = data.roots, from = data.forward, code = data.code) {
    const adjoint = new Float64Array(numbers.length).fill(-0);
    let lost = 0;
    for (const root of roots) adjoint[root] = 1;
    for (let i = from - 1; i >= 0; i--) {
      const [, slot, ...operands] = code[i], above = adjoint[slot];
      if (nothing(above)) continue;
      operands.forEach((x, k) => {
        if (x < 0) return;
        lost = lost || why[slot + 1 + k];
        const local = numbers[slot + 1 + k];
        adjoint[x] += nothing(local) ? -0 : above * local + 0;
      });
    }
    return lost ? null : adjoint;
  }
  return { output, numbers, recorded, why, reasons, remarks, run, aside, outputAt, sweep };
}
