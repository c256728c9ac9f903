package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

// execution are the arguments of commands that execute a task.
type execution struct {
	taskRef
	Executor document.ParticipantCode `help:"Исполнитель; без него тот, кому поручено. / Executor; the one who was asked, without."`
}

// prepare finds the hub and the executor.
func (e *execution) prepare(ctx context.Context, g *Global) (*client, openapi.DeskTask, error) {
	hub, err := e.open(g)
	if err != nil {
		return nil, openapi.DeskTask{}, err
	}
	task, err := e.get(ctx, hub)
	if e.Executor == "" {
		e.Executor = task.Executor
	}
	return hub, task, err
}

type taskSign struct {
	execution
	Emulate   bool     `help:"Подписать «Эмулятором ЭЦП». / Let the emulator sign."`
	Algorithm string   `help:"С --emulate: std, gost, stb или алгоритм; без флага ecdsa-p256. / With --emulate: a family or an algorithm."`
	Signature []string `help:"Подпись файла: SHA256=ФАЙЛ или ИМЯ=ФАЙЛ. / Signature of a file: SHA256=FILE or NAME=FILE." sep:"none"`
}

// Help is the long help.
func (t *taskSign) Help() string {
	return "Без --emulate и --signature подписывает ключ, названный в настройках хаба (signers) для исполнителя или для контура. / Without --emulate and --signature the key signs that the hub's configuration (signers) names for the executor or the contour."
}

// Run is the command. The id of the answer is what it prints.
func (t *taskSign) Run(ctx context.Context, g *Global) error {
	if t.Emulate && len(t.Signature) > 0 {
		return &exitError{exitUsage, fmt.Errorf("%s", g.Lang.Pick("--emulate и --signature вместе не бывают", "--emulate and --signature do not go together"))}
	}
	hub, task, err := t.prepare(ctx, g)
	if err != nil {
		return err
	}
	body := openapi.TaskSignature{Executor: t.Executor, Emulate: t.Emulate, Algorithm: t.Algorithm}
	for _, s := range t.Signature {
		signature, err := fileSignature(s, task.Files, g.Lang)
		if err != nil {
			return err
		}
		body.Signatures = append(body.Signatures, signature)
	}
	return g.executed(hub.SignTask(ctx, t.Packet, t.Task, &openapi.SignTaskParams{Lang: hub.lang()}, body))
}

func fileSignature(s string, files []openapi.SignedFile, l document.Lang) (openapi.FileSignature, error) {
	name, path, _ := strings.Cut(s, "=")
	for _, f := range files {
		if name == f.Sha256 || name == f.Name {
			cms, err := readFile(path)
			return openapi.FileSignature{Sha256: f.Sha256, Cms: cms}, err
		}
	}
	return openapi.FileSignature{}, &exitError{exitUsage, fmt.Errorf("--signature %s: %s", s, l.Pick("у задачи нет такого файла; напишите SHA256=ФАЙЛ или ИМЯ=ФАЙЛ", "the task has no such file; write SHA256=FILE or NAME=FILE"))}
}

type taskNote struct {
	execution
	Report string `help:"Отчёт по поручению. / Report of an errand."`
}

// Run is the command. The id of the answer is what it prints.
func (t *taskNote) Run(ctx context.Context, g *Global) error {
	hub, _, err := t.prepare(ctx, g)
	if err != nil {
		return err
	}
	return g.executed(hub.AcknowledgeTask(ctx, t.Packet, t.Task, &openapi.AcknowledgeTaskParams{Lang: hub.lang()}, openapi.TaskNote{Executor: t.Executor, Reason: t.Report}))
}

type taskDecline struct {
	execution
	Reason string `help:"Причина; её увидит отправитель. / Reason; the sender will see it." required:""`
}

// Run is the command. The id of the answer is what it prints.
func (t *taskDecline) Run(ctx context.Context, g *Global) error {
	hub, _, err := t.prepare(ctx, g)
	if err != nil {
		return err
	}
	return g.executed(hub.DeclineTask(ctx, t.Packet, t.Task, &openapi.DeclineTaskParams{Lang: hub.lang()}, openapi.TaskNote{Executor: t.Executor, Reason: t.Reason}))
}

// executed prints the answer packet that went back to the sender.
func (g *Global) executed(r *http.Response, err error) error {
	outcome, err := answer[openapi.Outcome](r, err)
	if err != nil {
		return err
	}
	return g.outcome(&outcome)
}
