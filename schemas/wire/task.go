package wire

import "github.com/smdo-hub/smdo-hub/schemas/document"

func task(c *coder, t *document.Task) {
	text(c, 1, &t.ID)
	text(c, 2, &t.Kind)
	text(c, 3, &t.KindText)
	boolean(c, 4, &t.SMDO)
	boolean(c, 5, &t.Registered)
	boolean(c, 6, &t.Copy)
	text(c, 7, &t.Number)
	day(c, 8, &t.Date)
	text(c, 9, &t.Text)
	one(c, 10, &t.Confidential, confidential)
	day(c, 11, &t.Deadline)
	day(c, 12, &t.InfoDeadline)
	maybe(c, 13, &t.Controller, person)
	boolean(c, 14, &t.Report)
	many(c, 15, &t.Referred, maxList, reference)
	many(c, 16, &t.Authors, maxList, organization)
	many(c, 17, &t.Files, document.MaxFiles, attachment)
	many(c, 18, &t.Executors, document.MaxReceivers, executor)
}

func executor(c *coder, e *document.Executor) {
	text(c, 1, &e.Contour)
	text(c, 2, &e.Participant)
	boolean(c, 3, &e.Chief)
	text(c, 4, &e.Specified)
	day(c, 5, &e.Deadline)
	maybe(c, 6, &e.Organization, organization)
}

func taskAnswer(c *coder, a *document.TaskAnswer) {
	text(c, 1, &a.Task)
	text(c, 2, &a.Outcome)
	text(c, 3, &a.Executor)
	text(c, 4, &a.Reason)
}
