package document

// TaskKind says what is asked of an executor.
type TaskKind string

// The kinds of tasks. The first two are the only ones that cross contours marked «СМДО» (S01); the
// others are ordinary tasks, allowed where the pair's rule names them (T04).
const (
	Sign   TaskKind = "sign"   // «Подписание»
	Inform TaskKind = "inform" // «Для информации»
	Errand TaskKind = "errand" // «Поручение»: a task with a term, a controller and a report
	Agree  TaskKind = "agree"  // «Согласование»
)

// Known says whether the kind is one of the above.
func (k TaskKind) Known() bool { return k == Sign || k == Inform || k == Errand || k == Agree }

// Text is the word that users know.
func (k TaskKind) Text(lang Lang) string {
	switch k {
	case Sign:
		return lang.Pick("Подписание", "Signing")
	case Inform:
		return lang.Pick("Для информации", "For information")
	case Errand:
		return lang.Pick("Поручение", "Errand")
	case Agree:
		return lang.Pick("Согласование", "Approval")
	}
	return string(k)
}

// Task asks executors of another contour to do something about the document.
type Task struct {
	ID       string // Task/@idnumber, unique within the sender
	Kind     TaskKind
	KindText string // as written by the sender: «на подпись»
	SMDO     bool   // marked «СМДО»: then Kind is Sign or Inform, without term, controller and report

	Registered bool // task_reg
	Copy       bool // task_copy: a copy of a task that was sent to the sender itself
	Number     string
	Date       Date
	Text       string
	Confidential

	Deadline     Date // a term set by the author; never on an СМДО task (S05)
	InfoDeadline Date // a term that only the format demanded: information, not a term (S05)
	Controller   *Person
	Report       bool // a report is asked for

	Referred  []Reference
	Authors   []Organization
	Files     []Attachment
	Executors []Executor
}

// Executor is who has to execute a task.
type Executor struct {
	Contour      ContourCode
	Participant  ParticipantCode // empty where the sender could name only an organisation or a person
	Chief        bool            // responsible=1: at most one a task
	Specified    string          // task_specified, e.g. «Для сведения»
	Deadline     Date
	Organization *Organization
}

func (t *Task) isFor(c ContourCode) bool {
	for i := range t.Executors {
		if t.Executors[i].Contour == c {
			return true
		}
	}
	return len(t.Executors) == 0
}

// Outcome says how a task ended.
type Outcome string

// The outcomes of a task.
const (
	Signed   Outcome = "signed"   // the files come back with the executor's signature
	Noted    Outcome = "noted"    // «Ознакомлен»
	Declined Outcome = "declined" // with a reason
	Reported Outcome = "reported" // an errand's report
	Agreed   Outcome = "agreed"   // approval, the attestation is in Document.Validators
)

// Known says whether the outcome is one of the above.
func (o Outcome) Known() bool {
	switch o {
	case Signed, Noted, Declined, Reported, Agreed:
		return true
	}
	return false
}

// TaskAnswer says which task an answer packet answers and how it ended. An empty Task answers every
// task of the exchange that is still open; an empty Outcome, from a format that has no word for it, is the one that the
// task asks for.
type TaskAnswer struct {
	Task     string // Task.ID
	Outcome  Outcome
	Executor ParticipantCode
	Reason   string // free text, of a declined task: content, never in a receipt
}
