package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

// Draft are the flags that describe a document, to whom it goes and what is asked.
type Draft struct {
	Kind       string                   `help:"Вид документа. / Kind of document." placeholder:"Приказ"`
	Sheets     int                      `help:"Листов. / Sheets."`
	Title      string                   `help:"Заголовок. / Title."`
	Subject    string                   `help:"Тема пакета. / Subject of the packet."`
	Restricted bool                     `help:"Для служебного пользования (ДСП). / Restricted."`
	Author     document.ParticipantCode `help:"Кто посылает. / Who sends."`
	To         []document.ContourCode   `help:"Контур-получатель; можно несколько. / Receiving contour; may be repeated."`
	Task       []taskFlag               `help:"Задача: sign:sidorova или inform:sub-a2/kozlov; через запятую соисполнители. / A task; further executors after commas." sep:"none" placeholder:"KIND:EXECUTOR"`
	Text       string                   `help:"Текст задач. / Text of the tasks."`
}

// taskFlag is a task as it is written on the command line: kind:executor[,executor…], where an executor is a
// participant of the only receiver or contour/participant.
type taskFlag struct {
	kind      document.TaskKind
	executors []document.Executor
}

// UnmarshalText reads the form.
func (t *taskFlag) UnmarshalText(b []byte) error {
	kind, executors, ok := strings.Cut(string(b), ":")
	t.kind = document.TaskKind(kind)
	if !ok || executors == "" || !t.kind.Known() {
		return fmt.Errorf("%q: want KIND:EXECUTOR, KIND one of sign, inform, agree, errand", b)
	}
	for i, name := range strings.Split(executors, ",") {
		contour, participant, qualified := strings.Cut(name, "/")
		if !qualified {
			contour, participant = "", name
		}
		t.executors = append(t.executors, document.Executor{Contour: document.ContourCode(contour), Participant: document.ParticipantCode(participant), Chief: i == 0})
	}
	return nil
}

// fill writes into p what the flags name and leaves the rest.
func (d *Draft) fill(p *document.Packet, l document.Lang) error {
	if p.Document == nil {
		p.Document = &document.Document{}
	}
	p.Document.Kind = cmp.Or(d.Kind, p.Document.Kind)
	p.Document.Sheets = cmp.Or(d.Sheets, p.Document.Sheets)
	p.Document.Title = cmp.Or(d.Title, p.Document.Title)
	p.Document.Confidential.Restricted = d.Restricted || p.Document.Confidential.Restricted
	p.Subject = cmp.Or(d.Subject, p.Subject)
	p.Author = cmp.Or(d.Author, p.Author)
	for _, c := range d.To {
		p.To = append(p.To, document.Receiver{Contour: c})
	}
	var all []document.ContourCode
	for i := range p.To {
		all = append(all, p.To[i].Contour)
	}
	tasks, err := d.tasks(all, l)
	if err != nil {
		return err
	}
	for _, t := range tasks {
		t.ID = fmt.Sprintf("task-%d", len(p.Tasks)+1)
		p.Tasks = append(p.Tasks, t)
	}
	return nil
}

// tasks are the tasks that the flags name. An executor without a contour belongs to the only receiver.
func (d *Draft) tasks(to []document.ContourCode, l document.Lang) ([]document.Task, error) {
	var tasks []document.Task
	for _, f := range d.Task {
		t := document.Task{Kind: f.kind, SMDO: f.kind == document.Sign || f.kind == document.Inform, Text: cmp.Or(d.Text, f.kind.Text(l))}
		for _, e := range f.executors {
			if e.Contour == "" {
				if len(to) != 1 {
					return nil, &exitError{exitUsage, fmt.Errorf("--task %s:%s: %s", f.kind, e.Participant, l.Pick("получателей не один, напишите КОНТУР/ИСПОЛНИТЕЛЬ", "there is not one receiver, write CONTOUR/EXECUTOR"))}
				}
				e.Contour = to[0]
			}
			t.Executors = append(t.Executors, e)
		}
		tasks = append(tasks, t)
	}
	return tasks, nil
}

// readPacket reads a packet file, JSON or YAML; "-" is the standard input.
func readPacket(name string) (*document.Packet, error) {
	text, err := readFile(name)
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
		if text, err = yaml.YAMLToJSON(text); err != nil {
			return nil, &exitError{exitUsage, fmt.Errorf("%s: %s", name, yaml.FormatError(err, false, true))}
		}
	}
	var p openapi.Packet
	if err := p.UnmarshalJSON(text); err != nil {
		var faults document.Faults
		if errors.As(err, &faults) {
			return nil, faults
		}
		return nil, &exitError{exitUsage, fmt.Errorf("%s: %w", name, err)}
	}
	return (*document.Packet)(&p), nil
}

func readFile(name string) ([]byte, error) {
	if name == "-" {
		name = "/dev/stdin"
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, &exitError{exitUsage, err}
	}
	return text, nil
}

// Files are the flags that name files with their signatures.
type Files struct {
	File      []string                 `help:"Файл документа; можно несколько. / A file of the document; may be repeated." type:"existingfile" sep:"none"`
	Signature []string                 `help:"Открепленная подпись (CMS): ФАЙЛ.p7s или ИМЯ=ФАЙЛ. / A detached signature: FILE.p7s or NAME=FILE." sep:"none"`
	Emulate   document.ParticipantCode `help:"Подписать «Эмулятором ЭЦП» за участника. / Let the emulator sign for a participant."`
	Algorithm string                   `help:"С --emulate: std, gost, stb или алгоритм; без флага ecdsa-p256. / With --emulate: a family or an algorithm."`
}

// outgoing is a file with its signatures, as it is handed to the hub.
type outgoing struct {
	name, path string
	content    []byte // instead of path
	signatures [][]byte
}

// read joins files and signatures: a signature belongs to the file that it names, or whose name its own
// begins with, or to the only file.
func (f *Files) read(l document.Lang) ([]outgoing, error) {
	files := make([]outgoing, len(f.File))
	for i, path := range f.File {
		files[i] = outgoing{name: filepath.Base(path), path: path}
	}
	for _, s := range f.Signature {
		name, path, named := strings.Cut(s, "=")
		if !named {
			name, path = "", s
		}
		cms, err := readFile(path)
		if err != nil {
			return nil, err
		}
		i := owner(files, name, path)
		if i < 0 {
			return nil, &exitError{exitUsage, fmt.Errorf("--signature %s: %s", s, l.Pick("неясно, какого файла; напишите ИМЯ=ФАЙЛ", "of which file is not clear; write NAME=FILE"))}
		}
		files[i].signatures = append(files[i].signatures, cms)
	}
	return files, nil
}

func owner(files []outgoing, name, path string) int {
	for i := range files {
		if files[i].name == name || name == "" && strings.HasPrefix(filepath.Base(path), files[i].name+".") {
			return i
		}
	}
	if name == "" && len(files) == 1 {
		return 0
	}
	return -1
}

// today is the date as at now where the command runs.
func today() document.Date { return document.DateOf(time.Now()) }
