// Package smdo serves the REST router of Belarus's СМДО, so that a document-management system that speaks it exchanges
// documents over the hub by changing the router's address and its password, and nothing else.
//
// Names are from the router's viewpoint: the receiver takes packages from a subscriber, the sender hands packages out.
//
//	POST   /token                                             client credentials → an access token for an hour
//	POST   /receiver/1.0.0/org/SMDO~1.0.0/package             a draft
//	PUT    …/package                                          the draft anew
//	GET    …/package/{id}, DELETE
//	POST   …/package/{id}/attach                              a file, named as the message refers to it
//	DELETE …/package/{id}/attach/{file}
//	PUT    …/package/{id}/attach/{file}/signs, DELETE         its signatures
//	GET    …/package/{id}/send                                204: the hub has it
//	POST   /sender/1.0.0/org/SMDO~1.0.0/package               a page of what waits
//	GET    …/package/{id}/attach/{file}                       a file of it
//	GET    …/package/confirm/{confirm}                        it waits no more
//	POST   …/package/confirm/batch
//	GET    /smdo_nsi_doc_type/…, smdo_nsi_file_type, smdo_nsi_sed_type; POST /smdo_nsi_subscriber/…/search
//
// The user of a token is the contour's code, the password one of its API keys.
//
// A package is sent when «send» answers 204: then the hub has custody (D1), or has refused the packet with a receipt that
// comes as a package of the ROUTER. Any other answer leaves the draft, and the client repeats «send»; a repeat has one
// effect. Drafts and everything that waits are kept in the record: they survive restarts, and every instance serves them.
//
// What waits are packets in the contour's mailbox and receipts about what it sent: of the router (100–105, the hub's own
// stages as 103 or 4) and of receivers (1, 2). They come in the order of the ledger (adapters.Carrier). Confirming a packet tells its sender that it was delivered, unless the receiver's own receipt has said
// more; confirming a receipt drops it from the list.
package smdo
