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
//
// # When one of several processes stops
//
// A process that dies leaves its work to the others at once, save for its partitions. One that is stopped and
// does not die (its machine hangs, or is cut off) still holds what it held. The others go on with custody and
// registration after 15 seconds at most:
//
//	a lock in the record         5 s; 15 s when it was sending just then   broker/record/postgres, stopped.go
//	the right to seal            the lease, 5 s, and a third               receipts.Sealer
//	its partitions of the bus    10 s after it last asked for messages     pinTTL
//
// What it has in its hands comes later: deliveries are published again after 30 s (Options.Republish), submissions
// come again when their sender repeats them, or after 60 s (ackWait).
//
// Until the bus drops the stopped process, a share of the requests of connectors, and of the questions who may
// connect, goes to it and is not answered; the senders wait and repeat (D1). A NATS server drops it after three of
// its ping_interval. With the usual 2 minutes that is up to six, in which senders mostly wait; with
// ping_interval: "5s" in the server's configuration it is 15 s too.
//
// When it wakes up, the record has cut its connection and nothing of its transaction is left; it runs its batch again,
// and finds there what the others have done (D2, D7).
package broker
