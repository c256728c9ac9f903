// Package adapters is what the adapters of outside systems have in common, a folder each beside it. An adapter translates
// between a system and the hub; it does not decide. All of them keep these promises:
//
//   - What a system handed over is confirmed to it, or deleted there, when the hub has custody, and not before (D1).
//   - What the hub has for a system is offered until that system has it; a repeat carries the same identifiers.
//   - What an adapter has to remember is in the record (record.Keeper), changed in one commit: a crash at any moment leaves
//     work that is done again, with the same outcome.
//   - What a format cannot say is reported, and never dropped in silence.
//   - Nothing that a stranger sent is thrown away: what cannot be read is put aside with the reason.
//
// Receipts about what a contour sent wait for its adapter in the order of the ledger (Carrier, Receipts). Participants are
// codes in the hub and persons in the formats (Names).
package adapters
