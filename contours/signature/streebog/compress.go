package streebog

// compress is the function g with the number n (RFC 6986, 7): h becomes E(LPS(h⊕n), m) ⊕ h ⊕ m.
func compress(h *block, n uint64, m *block) {
	key := *h
	key[0] ^= n
	t := &table
	lps(t, &key)
	state := *m
	for i := range iteration {
		for j := range state {
			state[j] ^= key[j]
		}
		lps(t, &state)
		for j := range key {
			key[j] ^= iteration[i][j]
		}
		lps(t, &key)
	}
	for j := range h {
		h[j] ^= state[j] ^ key[j] ^ m[j]
	}
}

// lps is the three layers S, P and L in one: octet i of word j, substituted (S), is octet j of word i after the
// transposition (P), and adds t[j] of it to that word (L). Each turn of the loop makes one word. The table is an argument because the
// compiler then keeps its address in a register: a quarter faster.
func lps(t *[8][256]uint64, x *block) {
	x0, x1, x2, x3, x4, x5, x6, x7 := x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7]
	for i := range x {
		x[i] = t[0][byte(x0)] ^ t[1][byte(x1)] ^ t[2][byte(x2)] ^ t[3][byte(x3)] ^
			t[4][byte(x4)] ^ t[5][byte(x5)] ^ t[6][byte(x6)] ^ t[7][byte(x7)]
		x0, x1, x2, x3, x4, x5, x6, x7 = x0>>8, x1>>8, x2>>8, x3>>8, x4>>8, x5>>8, x6>>8, x7>>8
	}
}
