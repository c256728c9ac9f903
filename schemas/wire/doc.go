// Package wire is the hub's own form of packets, reports and receipts as bytes: what stands on the bus,
// in the record and in the ledger.
//
// A registry keeps a letter as it was received, and an auditor years later recomputes a digest over a
// receipt. So one value has one encoding, for ever: golden files hold it. The form is Protocol Buffers
// (schemas/proto), so that any language reads it, but it is written and read here field by field: the
// Protocol Buffers libraries say themselves that even their "deterministic" output may change between
// versions, and leaves of the ledger must not.
//
// Reading is stricter than Protocol Buffers are. A field that is not known, given twice or out of order,
// text that is not UTF-8, a day that is not in the calendar, more parts than the form allows or more
// bytes than the bus carries: all are refused with a *document.Fault that names the field, before memory
// is spent on them. Nothing is half understood. Nesting is as deep as the form (no message contains
// itself), so depth needs no counter. Whether a packet is right is not asked here but by
// document.Packet.Validate.
//
// Each message is described once, in the files packet.go, document.go, task.go, party.go and receipt.go;
// coder.go runs over that description to measure, to write and to read.
//
// What does not survive, because it means the same: an empty slice comes back as nil, except for
// document.Attachment.Inline, where empty (an empty file) differs from nil (a blob); a time comes back
// in UTC, and the first nanosecond of 1970 as no time.
package wire
