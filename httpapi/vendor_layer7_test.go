package httpapi

import (
	"encoding/base64"
	"net/http"
	"time"
)

// The portal's clients prove who they are with HTTP Basic: RFC 7617. Arguments are the client's key and its secret.
func init() {
	signers["layer7"] = func(r *http.Request, _ string, _ time.Time, args []string) {
		r.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(args[0]+":"+args[1])))
	}
}
