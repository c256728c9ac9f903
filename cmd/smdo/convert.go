package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/sdip"
)

// convertCommand rewrites a message of one format in another one, without a hub.
type convertCommand struct {
	From string `required:"" help:"Формат сообщения: ${enum}. / Format of the message." enum:"sdip,sdip-1.0,sdip-json,gost53898,medo,hub"`
	To   string `required:"" help:"В какой формат. / The format to write." enum:"sdip,sdip-1.0,sdip-json,gost53898,medo,hub"`
	File string `arg:"" optional:"" help:"Файл; без него стандартный ввод. / File; standard input without it." type:"existingfile"`
	Out  string `help:"Куда записать; без флага на вывод. / Where to write; to the output without it." type:"path"`
}

// carried is a message between two formats: a packet, or a receipt.
type carried struct {
	packet  *document.Packet
	receipt *sdip.Message    // of СМДО or ГОСТ, in СМДО's terms
	report  *document.Report // what a receipt says to the hub
}

// losses are what a format could not take over.
type losses struct{ lost, missing, made []string }

// errNoWay is a kind of message that a format has no form for.
var errNoWay = errors.New("no form for it")

// Run is the command. What is wrong with the message ends it; what the other format cannot say is told beside the result.
func (c *convertCommand) Run(g *Global) error {
	data, err := c.read()
	if err != nil {
		return err
	}
	x, err := readers()[c.From](data)
	if err != nil {
		return err
	}
	out, losses, err := writers(g.Lang)[c.To](x)
	if errors.Is(err, errNoWay) {
		return &exitError{exitDenied, errors.New(g.Lang.Pick("в формате "+c.To+" такое сообщение не выразить", "the format "+c.To+" has no form for such a message"))}
	}
	if err != nil {
		return err
	}
	if c.Out == "" {
		_, err = g.stdout.Write(out)
	} else {
		err = os.WriteFile(c.Out, out, 0o644)
	}
	if err != nil {
		return fmt.Errorf("write message: %w", err)
	}
	return losses.tell(g)
}

func (c *convertCommand) read() (data []byte, err error) {
	if c.File == "" {
		data, err = io.ReadAll(os.Stdin)
	} else {
		data, err = os.ReadFile(c.File)
	}
	if err != nil {
		return nil, fmt.Errorf("read message: %w", err)
	}
	return data, nil
}

// tell writes what became of the message on the way. Something made up is no loss.
func (l *losses) tell(g *Global) error {
	for _, part := range []struct {
		ru, en string
		paths  []string
	}{
		{"не перенесено", "lost", l.lost},
		{"формат требует, но не сказано", "demanded and not said", l.missing},
		{"придумано, потому что формат требует", "made up, since the format demands it", l.made},
	} {
		slices.Sort(part.paths)
		for _, path := range slices.Compact(part.paths) {
			g.say(part.ru+": "+flat(path), part.en+": "+flat(path))
		}
	}
	if len(l.lost)+len(l.missing) > 0 {
		return &exitError{exitPartial, errors.New(g.Lang.Pick("записано не всё", "not all of it could be written"))}
	}
	return nil
}

// indented is JSON for people.
func indented(text []byte) ([]byte, error) {
	var b bytes.Buffer
	if err := json.Indent(&b, text, "", "  "); err != nil {
		return nil, fmt.Errorf("write JSON: %w", err)
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}
