// Package smdov1 is the hub's own format as Protocol Buffers see it: packets, reports, receipts, and
// what the doors and the mailbox answer. It is generated from the .proto files beside it, which any
// language can be given; `buf generate` in schemas/proto renews it.
//
// Packets, reports and receipts are read and written by package wire, which is stricter than Protocol
// Buffers are; the small messages of doors, deliveries and mailboxes are used as they stand here.
package smdov1
