package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/brokertest"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

func (s *site) put(who, query, text string) answer {
	s.t.Helper()
	return s.send(who, http.MethodPut, "/contours/config"+query, "application/yaml", text)
}

func TestABadContoursFileIsRefusedWithLinesAndColumns(t *testing.T) {
	s := start(t, brokertest.Options{})
	text := strings.Replace(string(contoursExample()), "    to: sub-a1\n    tasks: [sign, inform, errand]", "    to: nowhere\n    tasks: [sign, inform, errand]", 1)
	line := strings.Count(text[:strings.Index(text, "to: nowhere")], "\n") + 1
	p := read[openapi.Problem](t, s.put("admin", "", text).want(t, http.StatusUnprocessableEntity))
	if len(p.Faults) == 0 || p.Faults[0].Line != line || p.Faults[0].Column == 0 || p.Faults[0].Code != "CFG-21" {
		t.Errorf("problem %+v, want line %d", p, line)
	}
	s.do("", http.MethodGet, "/errors/CFG-21", "", nil).want(t, http.StatusOK)
	s.do("", http.MethodGet, "/errors/CFG-99", "", nil).want(t, http.StatusNotFound)

	broken := strings.Replace(string(contoursExample()), "expect: {verdict: refuse, faults: [TRU-01]}", "expect: {verdict: allow}", 1)
	refused := s.put("admin", "", broken).want(t, http.StatusUnprocessableEntity)
	if got := refused.codes(t); got["CFG-32"] != "cases[2]" {
		t.Errorf("codes %v", got)
	}
	if text := read[openapi.Problem](t, refused).Faults[0].TextRu; !strings.Contains(text, "Чужой подведомственной – нельзя") {
		t.Errorf("the case is not named: %s", text)
	}
}

func TestRulesChangeAtTheirVersionAndRollBack(t *testing.T) {
	s := start(t, brokertest.Options{})
	a := s.get("admin", "/contours/config").want(t, http.StatusOK)
	if a.header.Get("ETag") != `"1"` || string(a.body) != string(contoursExample()) {
		t.Fatalf("headers %v", a.header)
	}
	next := strings.Replace(string(a.body), "restricted: true", "restricted: false", 1)
	diff := read[openapi.ConfigDiff](t, s.send("admin", http.MethodPost, "/contours/config/diff?lang=en", "application/yaml", next).want(t, http.StatusOK))
	if len(diff.Items) != 1 || diff.Items[0].ID != "head-a>sub-a1" || diff.Items[0].Text == "" || diff.Base != 1 {
		t.Errorf("diff %+v", diff)
	}
	test := read[openapi.ConfigTest](t, s.send("admin", http.MethodPost, "/contours/config/test", "application/yaml", next).want(t, http.StatusOK))
	if test.Passed != 5 || test.Failed != 0 {
		t.Errorf("test %+v", test)
	}
	v := read[openapi.ConfigVersion](t, s.put("admin", "?comment=no+restricted", next).want(t, http.StatusOK))
	if v.Version != 2 || !v.Active || v.By == "" {
		t.Errorf("version %+v", v)
	}
	stale, err := http.NewRequest(http.MethodPut, s.url+openapi.BasePath+"/contours/config", strings.NewReader(next))
	if err != nil {
		t.Fatal(err)
	}
	stale.Header.Set("Authorization", "Bearer "+s.keys["admin"])
	stale.Header.Set("Content-Type", "application/yaml")
	stale.Header.Set("If-Match", `"1"`)
	w, err := http.DefaultClient.Do(stale)
	if err != nil {
		t.Fatal(err)
	}
	_ = w.Body.Close()
	if w.StatusCode != http.StatusConflict {
		t.Errorf("a change of version 1 got %d", w.StatusCode)
	}
	back := read[openapi.ConfigVersion](t, s.post("admin", "/contours/config/rollback", `{"version":1}`).want(t, http.StatusOK))
	if back.Version != 3 {
		t.Errorf("version %+v", back)
	}
	if got := s.get("admin", "/contours/config").body; string(got) != string(contoursExample()) {
		t.Error("the rules in force are not those of version 1")
	}
	versions := read[openapi.ConfigVersionPage](t, s.get("auditor", "/contours/config/versions?limit=2").want(t, http.StatusOK))
	if len(versions.Items) != 2 || versions.Items[0].Version != 3 || !versions.Items[0].Active || versions.Next != "2" {
		t.Errorf("versions %+v", versions)
	}
	s.get("admin", "/contours/config/versions/77").want(t, http.StatusNotFound)
}

func TestAChangeThatNeedsApprovalWaitsForAnotherKey(t *testing.T) {
	s := start(t, brokertest.Options{})
	strictly := strings.Replace(string(contoursExample()), "approval: none", "approval: required", 1)
	v := read[openapi.ConfigVersion](t, s.put("admin", "", strictly).want(t, http.StatusAccepted))
	if v.Active || !v.Pending || s.Book().Version() != 1 {
		t.Fatalf("version %+v, in force %d", v, s.Book().Version())
	}
	s.post("admin", "/contours/config/versions/2/approve", nil).want(t, http.StatusForbidden)
	if got := read[openapi.ConfigVersion](t, s.post("admin2", "/contours/config/versions/2/approve", nil).want(t, http.StatusOK)); !got.Active || got.Approved == got.By {
		t.Errorf("version %+v", got)
	}
	if s.Book().Version() != 2 {
		t.Errorf("version %d is in force", s.Book().Version())
	}
	s.post("admin2", "/contours/config/versions/2/approve", nil).want(t, http.StatusConflict)
	s.post("admin", "/contours/config/rollback", `{"version":1}`).want(t, http.StatusAccepted) // no door around approval
}

func TestRulesAreTriedOnRecordedPacketsWithoutEffect(t *testing.T) {
	s := start(t, brokertest.Options{})
	id := read[openapi.Outcome](t, s.post("head-a", "/packets", s.letter("sub-a1")).want(t, http.StatusCreated)).Packet
	closed := strings.Replace(string(contoursExample()), "kinds: [Письмо, Приказ,", "kinds: [Приказ,", 1)
	closed = strings.Replace(strings.ReplaceAll(closed, "kinds: [Письмо, ", "kinds: ["), "    kinds: [Протокол]\n", "", 1)
	closed = closed[:strings.Index(closed, "cases:")]
	run := read[openapi.DryRun](t, s.send("admin", http.MethodPost, "/contours/config/dryrun", "application/yaml", closed).want(t, http.StatusOK))
	if run.Seen != 1 || run.Changed != 1 || len(run.Pairs) != 1 || run.Pairs[0].Closed != 1 || run.Reasons[0].Code != document.DocumentKindUnknown || run.Examples[0].After != "refuse" {
		t.Errorf("dry run %+v", run)
	}
	since := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	if later := read[openapi.DryRun](t, s.send("admin", http.MethodPost, "/contours/config/dryrun?since="+since, "application/yaml", closed).want(t, http.StatusOK)); later.Seen != 0 {
		t.Errorf("dry run of the future %+v", later)
	}
	s.get("head-a", "/packets/"+id).want(t, http.StatusOK)
	if s.Book().Version() != 1 {
		t.Error("the dry run changed the rules")
	}
}

func TestAContourSeesWhomItMaySendToAndWhy(t *testing.T) {
	s := start(t, brokertest.Options{})
	page := read[openapi.ContourPage](t, s.get("head-a", "/contours/trusted?limit=2").want(t, http.StatusOK))
	rest := read[openapi.ContourPage](t, s.get("head-a", "/contours/trusted?after="+page.Next).want(t, http.StatusOK))
	var codes []string
	for _, c := range append(page.Items, rest.Items...) {
		codes = append(codes, string(c.Code))
	}
	if got := strings.Join(codes, " "); got != "head-b sub-a1 sub-a2" {
		t.Errorf("trusted %s", got)
	}
	for _, p := range rest.Items[0].Participants {
		if len(p.Rights) != 1 || p.Rights[0] != "execute" {
			t.Errorf("participant of another contour %+v", p)
		}
	}
	e := read[openapi.Explanation](t, s.post("head-a", "/contours/explain", `{"to":"sub-b1","author":"petrov","kind":"Приказ","tasks":[{"kind":"sign","smdo":true,"executors":["belova"]}]}`).want(t, http.StatusOK))
	if e.Allowed || e.Faults[0].Code != document.TrustNone || !strings.HasPrefix(e.Verdict, "Запрещено") {
		t.Errorf("explanation %+v", e)
	}
	if all := read[openapi.ContourPage](t, s.get("auditor", "/contours").want(t, http.StatusOK)); len(all.Items) != 6 || len(all.Items[0].Participants) != 0 {
		t.Errorf("an auditor sees %+v", all)
	}
}
