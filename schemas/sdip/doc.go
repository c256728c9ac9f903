// Package sdip is the codec of SDIP, the format of Belarus's СМДО: versions 1.0 and 2.1.1 in XML, and their JSON twin, in
// which the REST router carries them.
//
// An envelope (Envelop, without a final e) names the message, its sender and its receivers; its body holds the zones of
// ГОСТ Р 53898 (package zones), a receipt (Acknowledgement) or a notice that a directory has changed (Datadir).
//
// Decode is tolerant: names in any case of their letters and in any order, a byte order mark, windows-1251 where it is
// declared, times with and without fractions and zones, days as 23.11.2026, 1.0 without what 2.1.1 added, ask_type for
// ack_type, postcode with either «с», line ends in base64, the twin's numbers as strings, objects as arrays, and objects with
// nothing but nulls in them. It tells everything that is wrong at once, with path and line and the format's error codes, and
// returns beside it what could be read, so that a receipt can be addressed. It does not judge what only the hub can know:
// whether a receiver is served here (11), whether a signature is there, holds and is trusted (-22, -21, -23), whether a message
// of that id came before (40). Receipts it reads with patience, for nobody answers them.
//
// Encode writes 2.1.1, or 1.0 on request, in the order of the schema, and reports what the format cannot carry, what it
// demands and nobody said, and what was made up (see package zones).
package sdip
