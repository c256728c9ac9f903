// Package contours says who takes part in the exchange and who may send what to whom.
//
// An organisation joins by an agreement with the operator and is a subscriber (абонент) as long as its
// access is active. Each of its document-management systems is attached to the hub as a contour (контур);
// named users of a contour, its participants (участники), send and execute tasks across contours. A head
// organisation and its subordinate ones are separate legal entities: nothing passes between their contours
// unless the operator made them trusted, pair by pair. A pair's rule names what may pass: kinds of
// documents, kinds of tasks, restricted documents or not, how large, from when until when, to which
// executors, with which signatures. Where organisations pay for a configuration of a contour («Базовая»,
// «Талака» …), its quotas of seats, journals and report forms are kept too.
//
// All of this is one YAML file that people review, apply, compare and roll back. [Parse] reads it and says
// everything that is wrong with it; [NewBook] compiles it at a version into a [Book]; [Book.Decide] decides
// on one packet toward one receiver and [Book.Explain] tells a person why. A request passes when its pair's
// rule allows it and no Cedar policy forbids it. [Diff] tells two files apart, [Book.RunCases] holds rules
// to the cases that stand beside them, and [DryRun] decides recorded requests again under other rules.
//
// The package is pure: bytes, values and iterators in, values out. It neither stores versions nor asks a
// second person; it only says with [NeedsApproval] that one has to be asked.
package contours
