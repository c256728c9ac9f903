package main

import (
	"errors"
	"strings"

	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// parseRules reads a contours file; the error lists every problem with its line and column.
func parseRules(text []byte, l document.Lang) (*contours.Config, error) {
	config, problems := contours.Parse(text)
	if len(problems) > 0 {
		return nil, &exitError{exitFailure, errors.New(strings.TrimSpace(problems.Describe(l)))}
	}
	return config, nil
}
