// Package document is the vocabulary of official document exchange: what travels between
// organisations (Packet), what it carries (Document, Attachment, Task), how one organisation
// registers it (Card, Journal) and what is stated about it afterwards (Receipt, Fault).
//
// The model is the superset of the zones of ГОСТ Р 53898 and of the Belarusian format SDIP-2.1.1,
// with the receipts of the СМДО router (100–105) and of receiving systems (ack 1 and 2). Codecs turn
// outside formats into these types and back; nothing here knows a transport, a database or a format,
// and the package imports the standard library alone.
//
// Values are plain data. A packet is immutable once it was handed to a door: whoever needs another
// one makes another one.
package document
