/* Transposes squares of WIDE × WIDE numbers; a part of lanes_body.h.
 *
 * From two vectors, LOW_s takes the numbers whose index has the bit s clear, and HIGH_s those whose index has it set.
 * Exchanging these between the rows i and i + s, for each bit s, transposes a square.
 */

#if defined(__clang__)
#define SHUFFLE(x, y, ...) __builtin_shufflevector(x, y, __VA_ARGS__)
#else
#define SHUFFLE(x, y, ...) __builtin_shuffle(x, y, (VI){__VA_ARGS__})
#endif

#if WIDE == 8
#define LOW_1(x, y) SHUFFLE(x, y, 0, 8, 2, 10, 4, 12, 6, 14)
#define HIGH_1(x, y) SHUFFLE(x, y, 1, 9, 3, 11, 5, 13, 7, 15)
#define LOW_2(x, y) SHUFFLE(x, y, 0, 1, 8, 9, 4, 5, 12, 13)
#define HIGH_2(x, y) SHUFFLE(x, y, 2, 3, 10, 11, 6, 7, 14, 15)
#define LOW_4(x, y) SHUFFLE(x, y, 0, 1, 2, 3, 8, 9, 10, 11)
#define HIGH_4(x, y) SHUFFLE(x, y, 4, 5, 6, 7, 12, 13, 14, 15)
#elif WIDE == 4
#define LOW_1(x, y) SHUFFLE(x, y, 0, 4, 2, 6)
#define HIGH_1(x, y) SHUFFLE(x, y, 1, 5, 3, 7)
#define LOW_2(x, y) SHUFFLE(x, y, 0, 1, 4, 5)
#define HIGH_2(x, y) SHUFFLE(x, y, 2, 3, 6, 7)
#else
#define LOW_1(x, y) SHUFFLE(x, y, 0, 2)
#define HIGH_1(x, y) SHUFFLE(x, y, 1, 3)
#endif

#define EXCHANGE(s, LOW, HIGH)                              \
    for (int i = 0; i < WIDE; i++)                          \
        if ((i & s) == 0) {                                 \
            V low = LOW(square[i], square[(i + s) % WIDE]); \
            square[(i + s) % WIDE] = HIGH(square[i], square[(i + s) % WIDE]); \
            square[i] = low;                                \
        }

INLINE void turn_square(V *square)
{
#pragma GCC unroll 8
    EXCHANGE(1, LOW_1, HIGH_1)
#if WIDE > 2
#pragma GCC unroll 8
    EXCHANGE(2, LOW_2, HIGH_2)
#endif
#if WIDE > 4
#pragma GCC unroll 8
    EXCHANGE(4, LOW_4, HIGH_4)
#endif
}

/* Transpose eight rows of numbers into lanes: see `turn` in lanes.h. */
static void turn_rows(const double *const *rows, int32_t count, double *out, ptrdiff_t lanes)
{
    int32_t j = 0;
    for (; j + WIDE <= count; j += WIDE)
#pragma GCC unroll 4
        for (int r = 0; r < PARTIALS; r += WIDE) {
            V square[WIDE];
#pragma GCC unroll 8
            for (int i = 0; i < WIDE; i++)
                square[i] = load(rows[r + i] + j);
            turn_square(square);
#pragma GCC unroll 8
            for (int i = 0; i < WIDE; i++)
                store(out + (j + i) * lanes + r, square[i]);
        }
    for (; j < count; j++)
        for (int r = 0; r < PARTIALS; r++)
            out[j * lanes + r] = rows[r][j];
}
