package layer7

import (
	"strings"

	"github.com/mileusna/useragent"
)

// gateway is what the portal calls its own gateway.
const gateway = "CA API Gateway"

// maxAgentBytes is how much of a user agent is looked at: no program has a longer one, but whoever writes what he likes.
const maxAgentBytes = 1 << 10

// simplifiedAgent is a user agent in a word, as the portal shows where an action came from: Mozilla, Python, Chrome and so on, or CA API Gateway.
func simplifiedAgent(ua string) string {
	ua = ua[:min(len(ua), maxAgentBytes)]
	if strings.HasPrefix(ua, gateway) || strings.HasPrefix(ua, "Layer7-SecureSpan") {
		return gateway
	}
	name := useragent.Parse(ua).Name
	if name == "" {
		name = ua
	}
	if end := strings.IndexAny(name, "/(;,"); end > 0 {
		name = name[:end]
	}
	if strings.HasPrefix(strings.ToLower(name), "python") {
		name = "Python"
	}
	return strings.ToValidUTF8(strings.TrimSpace(name), "")
}
