// Package sdip is the codec of SDIP, the format of Belarus's СМДО: versions 1.0 and 2.1.1 in XML, and their JSON twin, in
// which the REST router carries them.
//
// An envelope (Envelop, without a final e) names the message, its sender and its receivers; its body holds the zones of
// ГОСТ Р 53898 (package zones), a receipt (Acknowledgement) or a notice that a directory has changed (Datadir).
//
// Decode is tolerant: names in any case of their letters, a byte order mark, times with and without fractions, 1.0 without
// what 2.1.1 added, the twin's numbers as strings and objects as arrays. It tells everything that is wrong at once, and
// returns beside it what could be read, so that a receipt can be addressed. Encode writes 2.1.1, or 1.0 on request, in the
// order of the schema, and reports what the format cannot carry.
package sdip
