package recorder

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// redacted stands where a value was.
const redacted = "[redacted]"

var (
	// secretParts make a name sensitive wherever they stand in it, whatever its case and separators.
	secretParts = []string{"password", "passwd", "passphrase", "passcode", "pwd", "secret", "token", "authorization", "cookie", "credential",
		"apikey", "accesskey", "privatekey", "signingkey", "masterkey", "encryptionkey", "sshkey", "signature", "sessionid", "assertion",
		"samlresponse", "密码", "口令", "密钥", "令牌"}
	// secretWords make a name sensitive as a word of it.
	secretWords = []string{"auth", "pass", "pin", "otp", "totp", "jwt", "sid", "cvv", "cvc"}
	// harmlessKeys end in key and are no keys.
	harmlessKeys = []string{"monkey", "donkey", "turkey", "hockey", "jockey", "whiskey", "hotkey", "hotkeys"}
)

// Sensitive reports whether a parameter of the name may hold a secret: password, token, secret, authorization, cookie, credential and
// their like anywhere in it, or a name that ends in key or keys. Case and separators do not matter: apiKey, API-KEY, user[api_key].
func Sensitive(name string) bool {
	words := words(name)
	joined := strings.Join(words, "")
	for _, part := range secretParts {
		if strings.Contains(joined, part) {
			return true
		}
	}
	for _, word := range words {
		if slices.Contains(secretWords, word) {
			return true
		}
	}
	return (strings.HasSuffix(joined, "key") || strings.HasSuffix(joined, "keys")) && !slices.Contains(harmlessKeys, words[len(words)-1])
}

// words takes a name apart at what is no letter or digit and at capitals, in lower case.
func words(name string) (out []string) {
	runes := []rune(name)
	var word []rune
	end := func() {
		if len(word) > 0 {
			out = append(out, string(word))
		}
		word = nil
	}
	for i, c := range runes {
		if !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			end()
			continue
		}
		if i > 0 && unicode.IsUpper(c) && (!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			end()
		}
		word = append(word, unicode.ToLower(c))
	}
	end()
	return out
}

// redactor keeps the values of sensitive names out of what is recorded.
type redactor struct{ sensitive func(name string) bool }

// named returns the value of a parameter as it may be recorded.
func (r redactor) named(name, value string) string {
	if r.sensitive(name) {
		return redacted
	}
	return r.text(value, 0)
}

// path hides what stands in the place of a sensitive wildcard of the route's pattern.
func (r redactor) path(path string, req *http.Request) string {
	for segment := range strings.SplitSeq(req.Pattern, "/") {
		if name, ok := wildcard(segment); ok && r.sensitive(name) && req.PathValue(name) != "" {
			path = strings.ReplaceAll(path, req.PathValue(name), redacted)
		}
	}
	return path
}

// text looks into a value that is JSON itself, or has URLs in it.
func (r redactor) text(s string, depth int) string {
	if s != "" && (s[0] == '{' || s[0] == '[') {
		if clean, ok := r.json([]byte(s), depth); ok {
			return string(clean)
		}
	}
	for word := range strings.FieldsSeq(s) {
		if strings.Contains(word, "://") {
			s = strings.ReplaceAll(s, word, r.url(word))
		}
	}
	return s
}

// url hides the password and the sensitive parameters of a URL.
func (r redactor) url(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return redacted // something like a URL whose parts cannot be told apart
	}
	changed := false
	if _, has := u.User.Password(); has {
		u.User, changed = url.UserPassword(u.User.Username(), "redacted"), true
	}
	values, err := url.ParseQuery(u.RawQuery)
	for name := range values {
		if r.sensitive(name) {
			values[name], changed = []string{"redacted"}, true
		}
	}
	if err != nil {
		values, changed = nil, true
	}
	if !changed {
		return s
	}
	u.RawQuery = values.Encode()
	return u.String()
}

// maxDepth is how many levels of a body are recorded, well within what an event may have.
const maxDepth = 16

// json returns JSON text without the values of sensitive names, or not ok when it is not JSON. A name that comes twice in an object
// is kept twice, told apart, because the service may have read either.
func (r redactor) json(in []byte, depth int) (json.RawMessage, bool) {
	d := json.NewDecoder(bytes.NewReader(in))
	d.UseNumber()
	w := jsonWriter{redactor: r, d: d}
	if err := w.value(depth); err != nil {
		return nil, false
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, false
	}
	return w.out, true
}

type jsonWriter struct {
	redactor
	d   *json.Decoder
	out []byte
}

// value copies the next value.
func (w *jsonWriter) value(depth int) error {
	if depth >= maxDepth {
		return w.skip("[nested too deep]")
	}
	token, err := w.d.Token()
	if err != nil {
		return err
	}
	switch v := token.(type) {
	case json.Delim:
		if v == '{' {
			return w.object(depth + 1)
		}
		return w.array(depth + 1)
	case json.Number:
		w.out = append(w.out, v...)
	case string:
		w.str(w.text(v, depth+1))
	case bool:
		w.out = strconv.AppendBool(w.out, v)
	default:
		w.out = append(w.out, "null"...)
	}
	return nil
}

func (w *jsonWriter) object(depth int) error {
	seen := map[string]bool{}
	w.out = append(w.out, '{')
	for w.d.More() {
		token, err := w.d.Token()
		if err != nil {
			return err
		}
		name := token.(string)
		if len(seen) > 0 {
			w.out = append(w.out, ',')
		}
		w.str(unique(name, seen))
		w.out = append(w.out, ':')
		if w.sensitive(name) {
			err = w.skip(redacted)
		} else {
			err = w.value(depth)
		}
		if err != nil {
			return err
		}
	}
	w.out = append(w.out, '}')
	_, err := w.d.Token()
	return err
}

func (w *jsonWriter) array(depth int) error {
	w.out = append(w.out, '[')
	for i := 0; w.d.More(); i++ {
		if i > 0 {
			w.out = append(w.out, ',')
		}
		if err := w.value(depth); err != nil {
			return err
		}
	}
	w.out = append(w.out, ']')
	_, err := w.d.Token()
	return err
}

func (w *jsonWriter) skip(instead string) error {
	var ignored json.RawMessage
	if err := w.d.Decode(&ignored); err != nil {
		return err
	}
	w.str(instead)
	return nil
}

func (w *jsonWriter) str(s string) {
	text, _ := json.Marshal(s) // a string always can be
	w.out = append(w.out, text...)
}

// unique returns the name, with a number when it was there before, and notes it.
func unique(name string, seen map[string]bool) string {
	out := name
	for n := 2; seen[out]; n++ {
		out = name + " (" + strconv.Itoa(n) + ")"
	}
	seen[out] = true
	return out
}
