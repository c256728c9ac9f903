// Package medo is the codec of МЭДО, the exchange of documents between Russia's state bodies: bytes of its messages,
// envelopes and containers become packets and reports of the hub, and packets and reports become those bytes.
//
// A message of МЭДО is a folder. envelope.ini says where it goes, by mailbox addresses; an XML file, the communication, says
// what it is. Until version 2.6 the communication describes the document itself and the document's files lie beside it. From
// 2.7 on it only names a transport container, a zip with passport.xml, the document as a PDF with the pictures of its
// stamps, its attachments, and a detached signature of each. The receiver answers every message with an acknowledgment
// («Квитанция»), and every document with notifications of what becomes of it («Уведомление»): registered or refused, an
// executor assigned, a report prepared and sent. Neither is ever answered itself, and their order is not promised.
//
// Reading is tolerant: names in any case of their letters, attributes without a namespace, braces around identifiers, empty
// elements, a byte order mark, windows-1251 where the declaration says so. What is wrong is told all at once as Problems,
// by the codes that checkers of МЭДО use, beside what could be read. Writing is strict: every name qualified, nothing empty,
// the order of the schema, UTF-8 (an envelope: windows-1251). A writer reads again what it has written and compares, so
// that nothing is lost in silence; see Losses. The package verifies no signatures: SignatureForeign is for whoever does.
//
// # Packets
//
// What МЭДО says, and where it stands in a document.Packet. What the vocabulary has no word for is kept as variables of
// Packet.Expansion whose names begin with "medo:", and put back when the packet is written as МЭДО again: regions, clauses,
// coded ids, enclosures, correspondents, operator and comments, stamps with their places and pictures, names of signature
// files, foreign attributes.
//
//	communication and passport           packet
//	header/@uid, @created                ID.MsgID, Sent
//	header/source                        From.SysID (@uid), From.Name; ID.Sender as Options.Contour says
//	deliveryIndex (2.7.1)                To[].System
//	addressees                           To[].Organization with Officials, or Person
//	document/@uid, container/@uid        Document.ID
//	kind, documentKind                   Document.Kind
//	num; registration of the 1st author  Document.Number
//	classification                       Document.Confidential; a restriction always survives
//	annotation                           Document.Annotation and Title
//	pages, pagesQuantity                 Document.Sheets
//	signatories; authors with sign       Document.Authors, an official for each
//	links                                Document.Referred; until 2.6 Parent, where linkType is «В ответ на»
//	executor                             Document.Writer
//	file; document and attachment        Document.Files: the first is the document. Name is the name that МЭДО allows, or
//	                                     the one before the colon of description; then ReferenceID has МЭДО's
//	.p7s                                 Signatures; of a container's document with Signer and Operation (the type)
//	order                                Attachment.Order
//	envelope: ТЕМА                       Subject, for the caller to set
//
// Lost, and reported by the writer: tasks, answers and folders; Author, the products in System; Type other than outgoing;
// Title beside another Annotation; names of persons in parts and ranks; all but the first post; addresses but for a text;
// what else is known of organisations; Numbers, History, Validators; details of files and signatures beyond the above. In a
// container Parent becomes a link like others, and a department goes only through what was kept of МЭДО. Identifiers that
// are no GUIDs are written as the GUID of that name (function GUID). Demanded, and reported as missing when nobody has it: a
// PDF, stamps (Options.Stamp), signatures with the signer's post, the organisation of a link, and in 2.7.1 the codes of a
// directory (Options.Code).
//
// # Reports
//
//	acknowledgment, accepted or not      Deliver 0, or errorCode (1 where there is none) with the comment as Note
//	documentAccepted                     Register 0 with Number
//	documentRefused                      Register 1 for «Не подлежит регистрации», else 2 with the reason as Note
//	other notifications                  UserNote; its Note is a token like "medo:executorAssigned" and a line for each thing
//	                                     said, "executor/person: …". ParseNote reads it
//
// A notification is about a document, a report about a packet: the caller knows which packet brought which document. Lost
// are the task, journal, executor and outcome of a report; «нет доверия ЭЦП» becomes a refusal; faults become words; a note
// that is no event of МЭДО is written as the course of execution.
package medo
