// Package folder exchanges messages with systems through folders: each correspondent has one, with what it left for the hub
// (in), what the hub left for it (out), and what could not be read (bad). A message is a folder with files, or a single file.
//
//	<root>/<contour>/in/…    the correspondent writes, the hub takes
//	<root>/<contour>/out/…   the hub writes, the correspondent takes
//	<root>/<contour>/bad/…   put aside, each with a file reason.txt
//
// Hand-over is atomic: the hub writes under a hidden name, syncs, and renames; it takes what has a visible name and has not
// changed for a while, since not every correspondent renames. A message is removed from «in» when the hub has custody, and
// not before (D1); one that cannot be read is moved to «bad», with the reason, and never deleted.
//
// What a message means is the business of a Translator, one a protocol. A packet is handed over once and waits in the
// record until the correspondent's receipt moves it on; when none comes in time, it expires like any other (72 hours).
package folder
