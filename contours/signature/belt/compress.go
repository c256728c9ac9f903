package belt

// compress is the function belt-compress on x1 ‖ x2 ‖ h1 ‖ h2: σ1 and the two halves of σ2.
func compress(x1, x2, h1, h2 quad) (sum, next1, next2 quad) {
	t := &table
	both := h1.xor(h2)
	var key1, key2 schedule
	key1.set(x1, x2)
	sum = encrypt(t, &key1, both).xor(both)
	key1.set(sum, h2)
	key2.set(sum.not(), h1)
	next1, next2 = encryptBoth(t, &key1, &key2, x1, x2)
	return sum, next1.xor(x1), next2.xor(x2)
}

func (x quad) xor(y quad) quad { return quad{x.a ^ y.a, x.b ^ y.b, x.c ^ y.c, x.d ^ y.d} }

func (x quad) not() quad { return quad{^x.a, ^x.b, ^x.c, ^x.d} }
