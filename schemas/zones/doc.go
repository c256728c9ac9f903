// Package zones describes the zones of ГОСТ Р 53898, which the Belarusian format SDIP took over: the document with its
// requisites, the list of tasks, additional materials, the expansion and the acknowledgement. Where the two formats differ
// the description says so; sdip and gost53898 put their own envelopes around it.
//
// Each zone is described once, and that description reads and writes it (markup.Form).
//
// # What maps to what
//
//	zone, element, attribute              vocabulary (document.Packet)
//	Envelop/@msg_id, Header/@msg_id       ID.MsgID
//	@dtstamp (SDIP), @time (ГОСТ)         Sent
//	@subject (SDIP)                       Subject
//	@msg_type, @msg_acknow                Kind, Acknow; absent, @msg_acknow means 2 in SDIP and 0 in ГОСТ
//	Sender, @from_…                       ID.Sender (the subscriber's code) and From
//	Receiver, 1–100 (SDIP)                To: Contour, System, Organization, Person, Referred
//	@to_…, one, with Addressee (ГОСТ)     To[0]; further addressees, for information, are kept
//	Document                              Document: @idnumber ID, @type, @kind, @pages Sheets, @title, @annotation, @collection
//	RegNumber, Confident                  Document.Number, Confidential; a task's its own
//	DocParent (SDIP)                      Document.Parent; delivery_type 1 is ByHub, 9 none
//	  in ГОСТ                             an answer's first Referred of type 1: no message is named
//	Referred of type 2 in an answer       Answer.Task: which task is answered
//	Validator «Отклонено» in an answer    Answer.Outcome declined
//	Referred, DocNumber, RegHistory       Document.Referred, Numbers, History
//	DocTransfer (SDIP)                    Attachment: @name, @type MediaType, @ordernum Order, @created …; Data/@referenceid
//	                                      ReferenceID, or its base64 text Inline; Signature, each its CMS and what is said of it
//	DocTransfer (ГОСТ)                    Attachment: @description is the name, and Description where it is no name;
//	                                      transfertype 1: ReferenceID, 0: Inline; a DocTransfer of the type
//	                                      application/pkcs7-signature behind it is a signature of it
//	Author, Validator, Writer             Document.Authors, Validators, Writer
//	TaskList/Task                         Tasks; Kind by the words of @kind, else of @task_text (see TaskKind); signing and
//	                                      information are marked СМДО
//	Task/@deadline                        Deadline of an errand or an approval, InfoDeadline of others (S05)
//	Task/AuthorOrganization               Authors; the first official is an errand's Controller, who wants a report
//	Executor                              Executors; Contour by the organisation's name among the receivers, Participant by
//	                                      Names.Code
//	AddDocuments/Folder                   Folders: @contents, @add_type (one client means by 1 an addition, by 2 another
//	                                      edition of a file; the numbers are taken as they are)
//	Expansion (SDIP)                      Expansion: Controlset/Supplement, Version, Date, Varset/@notes
//	Expansion (ГОСТ)                      Expansion: @organization Supplement, @exp_ver Version
//	Acknowledgement                       Acknowledgement; Report and FromReceipt turn it into the vocabulary's
//
// Attributes and elements that the formats know, or that a sender added, and that the vocabulary has no word for are kept
// in Expansion.Variables under the format's name and put back when the same format is written. Kept so are tax numbers
// (ogrn, inn, kpp), identity papers of private persons, departments of ГОСТ's header, Expansion/AnyData and Econtact, what
// else is in SDIP's Controlset and Varset, Header/Integrity, and any attribute that is not of the format. Text where the
// formats have none is passed over, and so are a receipt's own additions.
//
// # What the formats cannot carry
//
// The writer reports by these names, at their paths, what it leaves out:
//
//	either      author (who sent, as a code), participant and contour of an executor whom the names do not tell, answer.executor,
//	            answer.reason, answer.outcome other than a refusal, kind_text that means another kind of task, smdo and report that
//	            the kind does not imply, controller who is not the first official of the author, a second deadline beside the one
//	            that there is, posts of private persons, officials of organisations that only gave a number, sign_date of those who
//	            do not sign, expansion.variables that are of no format, parent that says nothing, reference_id beside a file that
//	            is in the message, blanks around a text, and control characters
//	ГОСТ        subject, parent beyond its document and number, num_copy, name that another description would give a file,
//	            created, modified and order of files, signatures beyond their bytes, to.person beside an organisation, to.referred
//	            without either, expansion's date and notes, inc_number of a receipt, to without a Document
//	the twin    a sender's own attributes that are called as elements are
//
// What they demand and nobody said is made up where something true can be said, and reported: Author and AuthorOrganization
// (the sending organisation), Organization of an executor (the receiver), @deadline and @taskDate (the day of the document),
// TaskNumber (the task's identifier), Referred (the document; the answered task), Validator (a refusal), @parmsg_id (the
// message answered), @referenceid (attach1, attach2 …), and in ГОСТ @os, @type by the name, and OrganizationOnly. All else is
// reported as missing, and a receiver will refuse the message.
//
// # Receipts
//
//	stage                                 SDIP          ГОСТ
//	Deliver, Register                     1, 2          1, 2
//	UserNote                              4             not told
//	Accept, Forward                       100, 101      not told
//	Reject, Block, OldFormat              103, 104, 105 1 with an error code
//	Conflict, EditRefused, Expire         103           1 with an error code
//	all others                            4             not told
//
// SDIP's RegNumber repeats the sender's own number and IncNumber is the receiver's; in ГОСТ RegNumber is the receiver's
// (see Rewrite). The error codes are those of document.Catalogue. What ended a packet and has no code gets the negative number
// of its stage: such codes are a system's own.
package zones
