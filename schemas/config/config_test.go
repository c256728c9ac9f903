package config_test

import (
	"encoding/json"
	"testing"

	"github.com/smdo-hub/smdo-hub/schemas/config"
)

func TestEveryPropertyIsDescribedInBothLanguages(t *testing.T) {
	var root any
	if err := json.Unmarshal(config.ContoursSchema(), &root); err != nil {
		t.Fatal(err)
	}
	if described := properties(t, "", root); described < 50 {
		t.Errorf("%d properties found, want the whole file", described)
	}
}

// properties walks the schema and returns how many properties it has.
func properties(t *testing.T, path string, node any) int {
	count := 0
	object, _ := node.(map[string]any)
	for key, value := range object {
		if key != "properties" {
			count += properties(t, path+"/"+key, value)
			continue
		}
		for name, p := range value.(map[string]any) {
			property, _ := p.(map[string]any)
			if property["title"] == nil || property["description"] == nil {
				t.Errorf("%s/%s has no title (Russian) or description (English)", path, name)
			}
			count += 1 + properties(t, path+"/"+name, p)
		}
	}
	return count
}
