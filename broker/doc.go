// Package broker is the hub itself: doors by which packets come in, stages that decide what becomes of
// them, and the bus between.
//
// Everything comes in over the bus, becomes true in the record, is sealed in the ledger, and only then goes
// out. The path of one packet, a file a step:
//
//	submit.go     a door takes the packet and waits for custody            Hub.Submit
//	examine.go    form and every file's signature, on all cores            Hub.examine
//	admit.go      rules, addressees, answers; one commit                   Hub.admit
//	register.go   a hosted journal gives the next number; one commit       Hub.register
//	mailbox.go    or the receiver's own system pulls and confirms          Hub.Mailbox
//	report.go     what a receiver says comes in like a packet              Hub.report
//	execute.go    the executor signs, takes note or declines               Hub.Execute
//	announce.go   what is sealed goes to whom it concerns                  Announcer
//
// Beside it: cards.go (the sender's side), clerk.go (registration by hand), withdraw.go, reconcile.go (what
// is overdue is done again), collect.go (unused files, daily upkeep), deadletter.go, and the bus: bus.go, topology.go, server.go, stage.go.
//
// What a commit changes is composed in change.go: the one place where a state moves and a receipt is made.
package broker
