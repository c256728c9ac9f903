// Package zones describes the zones of ГОСТ Р 53898, which the Belarusian format SDIP took over: the document with its
// requisites, the list of tasks, additional materials, the expansion and the acknowledgement. Where the two formats differ
// the description says so; sdip and gost53898 put their own envelopes around it.
//
// Each zone is described once, and that description reads and writes it (markup.Form).
//
// # What maps to what
//
//	zone, element                         vocabulary
//	Document                              Packet.Document
//	Document/DocParent (SDIP)             Document.Parent; in ГОСТ an answer's first Referred of type 1
//	Document/Referred of type 2, answer   Packet.Answer.Task: which task the answer answers
//	DocTransfer                           Attachment; SDIP: Data/@referenceid or base64 text, Signature
//	TaskList/Task                         Packet.Tasks; Kind by the words of @kind or @task_text (see TaskKind)
//	Task/@deadline                        Task.Deadline of an errand or an approval, Task.InfoDeadline of others (S05)
//	Task/AuthorOrganization               Task.Authors; the first official is an errand's Controller
//	Executor                              Task.Executors; contour by the organisation's name among the receivers
//	AddDocuments/Folder                   Packet.Folders
//	Expansion                             Packet.Expansion
//	Acknowledgement                       Acknowledgement; Report and FromReceipt turn it into the vocabulary's
//
// Attributes and elements that the formats know, or that a sender added, and that the vocabulary has no word for are kept
// in Expansion.Variables under the format's name and put back when the same format is written. Documents kept so: tax
// numbers (ogrn, inn, kpp), identity papers of private persons, Expansion/AnyData, Header/Integrity.
//
// What the vocabulary says and these formats cannot carry is reported by the writer: who wrote the packet as a code
// (Packet.Author), the outcome and the reason of an answer beyond what an attestation says, controllers that are not the
// task's author, reports asked for, sizes, digests and media types beyond @type.
package zones
