package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// completionCommand prints a script for a shell. It is made of the command line itself and asks nothing
// while it runs.
type completionCommand struct {
	Shell string `arg:"" help:"bash, zsh или fish. / bash, zsh or fish." enum:"bash,zsh,fish"`
}

// Run is the command.
func (c *completionCommand) Run(g *Global) error {
	known := words(g.parser.Model.Node, nil)
	switch c.Shell {
	case "fish":
		return fish(g.stdout, known)
	case "zsh":
		if _, err := fmt.Fprintln(g.stdout, "#compdef smdo\nautoload -U +X bashcompinit && bashcompinit"); err != nil {
			return err
		}
	}
	return bash(g.stdout, known)
}

// place is a command by its path, with what may follow it.
type place struct {
	path  string // "packet send"; empty for the program
	words []string
}

// words lists what may follow each command: its commands, else its flags and the values of its arguments.
func words(n *kong.Node, above []string) []place {
	p := place{path: strings.Join(above, " ")}
	var below []place
	for _, child := range n.Children {
		p.words = append(p.words, child.Name)
		below = append(below, words(child, append(above[:len(above):len(above)], child.Name))...)
	}
	for _, a := range n.Positional {
		p.words = append(p.words, values(a)...)
	}
	if len(n.Children) == 0 {
		for _, group := range n.AllFlags(true) {
			for _, f := range group {
				p.words = append(p.words, "--"+f.Name)
			}
		}
	}
	return append([]place{p}, below...)
}

func values(v *kong.Value) (list []string) {
	for _, x := range v.EnumSlice() {
		if x != "" {
			list = append(list, x)
		}
	}
	return list
}

func bash(w io.Writer, known []place) error {
	var b strings.Builder
	b.WriteString("_smdo() {\n  local path=\"\" word words=\"\"\n  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n    case \"${path:+$path }$word\" in\n")
	for _, p := range known[1:] {
		fmt.Fprintf(&b, "      %q) path=%q ;;\n", p.path, p.path)
	}
	b.WriteString("    esac\n  done\n  case \"$path\" in\n")
	for _, p := range known {
		fmt.Fprintf(&b, "    %q) words=%q ;;\n", p.path, strings.Join(p.words, " "))
	}
	b.WriteString("  esac\n  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n}\ncomplete -o default -F _smdo smdo\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func fish(w io.Writer, known []place) error {
	var b strings.Builder
	b.WriteString("function __smdo_at\n  set -l words (commandline -opc | string match -v -- '-*')\n  test \"$words[2..]\" = \"$argv\"; or string match -q -- \"$argv *\" \"$words[2..]\"\nend\n")
	for _, p := range known {
		for _, word := range p.words {
			if flag, ok := strings.CutPrefix(word, "--"); ok {
				fmt.Fprintf(&b, "complete -c smdo -n '__smdo_at %s' -l %s\n", p.path, flag)
			} else {
				fmt.Fprintf(&b, "complete -c smdo -f -n 'test (commandline -opc | string match -v -- \"-*\" | string join \" \") = \"%s\"' -a %s\n", strings.TrimSpace("smdo "+p.path), word)
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
