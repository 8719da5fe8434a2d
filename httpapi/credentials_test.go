package httpapi

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"io/fs"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/go-json-experiment/json"

	"annals/engine"
	"annals/engine/enginetest"
	"annals/httpapi/auth"
)

// journal is the server's log at its most talkative.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}

// TestSecretsStayHidden makes credentials of every kind, uses them well and badly, changes the master key, and then looks for the secrets, and for
// both master keys, wherever the server writes or answers: its log, every GET, the recorded events, a backup, and every file on disk.
func TestSecretsStayHidden(t *testing.T) {
	dir, said := t.TempDir(), new(journal)
	logger := slog.New(slog.NewTextHandler(said, &slog.HandlerOptions{Level: slog.LevelDebug}))
	l := enginetest.OpenLog(t, engine.Options{Dir: dir, Logger: logger})
	own := NewOwnLog(OwnLogOptions{Append: l.AppendOwn, Logger: logger})
	doors, token, err := auth.Open(auth.Options{Dir: dir, Records: l.Records(), Logger: logger,
		Record: func(_ context.Context, e *engine.Event) { logger.Info("recorded", "event", string(e.AppendJSON(nil))) }})
	if err != nil {
		t.Fatal(err)
	}
	s := &server{api: New(Options{Log: l, Auth: doors, Logger: logger, Own: own}), log: l, token: token}
	s.Server = httptest.NewServer(s.api)
	t.Cleanup(func() {
		s.Close()
		if err := doors.Close(); err != nil {
			t.Error(err)
		}
	})

	secrets := map[string]string{} // by what they are
	for _, kind := range auth.CredentialKinds {
		id, secret := s.makeCredential(t, kind)
		secrets["secret of "+kind] = secret
		s.useCredential(t, logger, kind, id, secret)
	}
	key := func() string {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(dir, auth.MasterKeyFile))
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(text))
	}
	secrets["old master key"] = key()
	if resp, body := s.do(t, s.request(t, "POST", "/api/v1/master-key/rotate", "")); resp.StatusCode != 200 {
		t.Fatalf("rotate: %d %s", resp.StatusCode, body)
	}
	secrets["master key"] = key()
	s.do(t, s.request(t, "DELETE", "/api/v1/credentials/nothing", ""))
	if err := own.Close(); err != nil {
		t.Fatal(err)
	}

	places := map[string]string{"the log": said.String()}
	for _, rt := range s.api.routes() {
		if rt.method == "GET" && !strings.HasSuffix(rt.path, "/tail") {
			_, body := s.do(t, s.request(t, "GET", strings.Replace(rt.path, "{id}", "x", 1), ""))
			places["GET "+rt.path] = body
		}
	}
	places["the signing backup"] = s.answerOf(t, "/api/v1/backup?with_key=true")
	places["the server's own log"] = s.answerOf(t, "/api/v1/events?q=tenant:_annals&limit=1000")
	if events := places["the server's own log"]; !strings.Contains(events, "credential.create") || !strings.Contains(events, "[redacted]") {
		t.Errorf("nothing was recorded: %s", events)
	}
	if !strings.Contains(places["the log"], "credential.lock") || !strings.Contains(places["the log"], "[secret]") {
		t.Errorf("little was logged: %s", places["the log"])
	}
	readFiles(t, dir, places)
	if len(places) < 15 {
		t.Errorf("only %d places", len(places))
	}
	for what, secret := range secrets {
		for place, text := range places {
			if what == "master key" && place == auth.MasterKeyFile {
				continue
			}
			if where := findSecret(text, secret); where != "" {
				t.Errorf("%s is in %s, in %s", what, place, where)
			}
		}
	}
}

func (s *server) makeCredential(t *testing.T, kind string) (id, secret string) {
	t.Helper()
	var made struct {
		ID, Secret string
		AppKey     string `json:"app_key"`
	}
	r := s.request(t, "POST", "/api/v1/credentials", `{"kind":"`+kind+`","name":"for `+kind+`","grants":[{"role":"admin","all_tenants":true}]}`)
	r.Header.Set("Content-Type", "application/json")
	resp, body := s.do(t, r)
	if err := json.Unmarshal([]byte(body), &made, json.MatchCaseInsensitiveNames(true)); err != nil || resp.StatusCode != 201 || made.Secret == "" {
		t.Fatalf("make: %d %s", resp.StatusCode, body)
	}
	if kind == auth.Flashduty {
		if id, secret := auth.SplitAppKey(made.AppKey); id != made.ID || secret != made.Secret {
			t.Errorf("app_key %s is not %s and %s", made.AppKey, made.ID, made.Secret)
		}
	}
	return made.ID, made.Secret
}

// useCredential does what rooms and clients do, mistakes included: it logs what it has, fails until it is locked, and sends the secret where it does not belong.
func (s *server) useCredential(t *testing.T, logger *slog.Logger, kind, id, secret string) {
	t.Helper()
	c, err := s.api.access.Credential(kind, id)
	if err != nil {
		t.Fatal(err)
	}
	caller, err := c.Check(t.Context(), c.Secret.Equal(secret), auth.Manage|auth.AllTenants)
	if err != nil || caller.ID != id {
		t.Fatalf("%s: %+v, %v", kind, caller, err)
	}
	logger.Debug("a room says too much", "caller", caller, "credential", c, "value", *c, "secret", c.Secret)
	for range 6 {
		_, err = c.Check(t.Context(), c.Secret.Equal(secret+"x"), auth.Read)
		logger.Debug("refused", "err", err)
	}
	if err == nil {
		t.Errorf("%s: taken with another secret", kind)
	}
	for _, path := range []string{"/audit/search?app_key=", "/api/v1/reindex?app_key="} {
		s.do(t, s.request(t, "POST", path+id+secret, ""))
	}
	r := s.request(t, "POST", "/api/v1/reindex?seq=0", `{"client_id":"`+id+`","client_secret":"`+secret+`"}`)
	r.Header.Set("Content-Type", "application/json")
	r.SetBasicAuth(id, secret)
	s.do(t, r)
}

func (s *server) answerOf(t *testing.T, path string) string {
	t.Helper()
	_, body := s.do(t, s.request(t, "GET", path, ""))
	return body
}

func readFiles(t *testing.T, dir string, into map[string]string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		into[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// findSecret returns the spelling in which a text has a secret, or "". A key in hex is looked for as its bytes too.
func findSecret(text, secret string) string {
	forms := map[string]string{"clear": secret, "hex": hex.EncodeToString([]byte(secret)), "base64": base64.RawStdEncoding.EncodeToString([]byte(secret))}
	if raw, err := hex.DecodeString(secret); err == nil {
		forms["bytes"], forms["base64 of its bytes"] = string(raw), base64.RawStdEncoding.EncodeToString(raw)
	}
	for name, form := range forms {
		if strings.Contains(text, form) {
			return name
		}
	}
	return ""
}
