// Package api is the hub's door for programs over HTTP: the adapter through which an organisation's
// document-management system (СЭД) sends packets, follows their receipts, keeps cards, executes tasks and empties
// its mailbox, and through which administrators change the rules.
//
// The contract is the OpenAPI document of package openapi; server and types are generated from it, and the methods
// of door answer its operations, a file a resource. An adapter translates, it does not decide: what a packet is
// worth is said by the broker and told here as it is, 201 for custody, 202 for what the caller still has to keep
// (D1), 422 with every fault at once.
//
// Who calls is known by an API key; a key belongs to one contour, to an administrator or to an auditor. Table roles
// says which of them may do what. A contour sees its own packets, cards, tasks and mailbox; what belongs to another
// is answered like what does not exist (D13). Requests are logged by operation, key and outcome, never with
// content, names of files or of people (D17).
package api
