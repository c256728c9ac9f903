// Package curve is the arithmetic under the national signature schemes: points of elliptic curves over prime
// fields of 256, 384 and 512 bits.
//
// GOST R 34.10 (Russia) and STB 34.101.45 «bign» (Belarus) are, like ECDSA, signature schemes over a curve
// y² = x³ + ax + b modulo a prime p. A point G generates a group of prime order q; a private key is a number d, the
// public key the point Q = d·G, and to verify a signature is to compute u·G + v·Q for two numbers that follow from
// the signature and the digest. The schemes differ in their curves and in how u and v come about. That is the
// business of the packages gost3410 and bign; what they share is here.
//
// A Curve is a value made of Params, and it makes its tables at the first use. Point and Scalar are checked where they
// are parsed, so that everything behind them may rely on them. All octet strings are little-endian, as both
// schemes write keys.
//
// # How it is fast
//
// Numbers are limbs of 64 bits, without math/big. Two kinds of field suffice for all curves: for p = 2^(64n) - c
// the high half of a product comes back multiplied by c; any other p is reduced by Montgomery's method. Both
// are unrolled for 4, 6 and 8 limbs by generate.go. Points are Jacobian. Of u·G + v·Q the part of G is cut into
// halves over two tables that each curve makes once; all parts share one run of doublings over signed windows.
//
// # What this is not
//
// The time that operations take depends on the numbers. That is right for verification, where nothing is secret, and
// wrong for signing: only an emulator with throw-away keys may sign with this package.
package curve
