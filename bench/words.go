package main

import "fmt"

// The word lists of the workload. The words that questions ask for (questions.go) appear in one list only.

const (
	users    = 2400
	projects = 200
)

// A module of the product that is audited, and the type of thing its operations work on.
var modules = []struct{ name, kind string }{
	{"API management", "API service"},
	{"app integration", "Integration flow"},
	{"connection management", "Connector"},
	{"project management", "Project member"},
	{"API user center", "API consumer"},
	{"general storage", "Storage bucket"},
	{"security gateway", "Gateway rule"},
	{"integration resource", "Resource package"},
	{"operation monitoring", "Alert policy"},
}

// An operation and its word in an event's description.
var operations = []struct{ name, noun string }{
	{"edit", "editing"},
	{"create", "creation"},
	{"login", "login"},
	{"publish", "publishing"},
	{"delete", "deletion"},
	{"logout", "logout"},
	{"stop", "stopping"},
}

// Why operations fail. The fourth has the words of the third's "connection reset", apart from each other.
var failures = []struct{ code, message string }{
	{"409", "name is already in use in this project"},
	{"403", "permission denied by policy of the project owner"},
	{"502", "upstream answered with connection reset by peer"},
	{"503", "reset of the gateway refused, every connection is busy"},
	{"504", "upstream request exceeded its deadline"},
	{"400", "parameter is outside of its allowed values"},
	{"429", "quota exceeded for calls per minute"},
	{"500", "internal error, see the request in the gateway's log"},
}

// rareComments come first in comments, each in one event of a thousand. The second has the words of the first's "rolled back", apart.
const rareComments = 2

var comments = []string{
	"rolled back after a failed load test",
	"office access rolled over, back to defaults",
	"approved by the change board",
	"requested by customer support",
	"scheduled maintenance of the night shift",
	"first version for the partner pilot",
	"cleanup of unused entries",
	"migrated from the old cluster",
	"limits raised for the sale",
	"certificate renewed before expiry",
	"follow-up of the security review",
	"copied from the staging project",
}

var tags = []string{
	"settlement", "loyalty", "refunds", "pricing", "catalog", "checkout", "shipping", "returns", "marketing", "finance",
	"compliance", "reporting", "identity", "warehouse", "procurement", "payroll", "analytics", "mobile", "partners", "internal",
}

var regions = []string{"frankfurt", "singapore", "virginia", "oregon", "tokyo", "mumbai", "sydney", "paris"}

var channels = []string{"console", "console", "console", "api", "api", "cli", "sdk"}

var agents = []string{
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/142.0 Safari/537.36",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.1 Safari/605.1",
	"Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Firefox/145.0",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/141.0 Edg/141.0",
	"integration-sdk-go/2.14.0 (linux; amd64)",
	"integration-sdk-java/3.8.1 (JDK 21.0.5)",
	"integration-cli/1.22.3",
	"curl/8.14.1",
}

// Names of resources are one word of each list. Two first words begin with invoic: one name in twenty.
var firstNames = []string{
	"orders", "invoices", "invoicing", "stock", "carts", "coupons", "ledger", "accounts", "tickets", "parcels",
	"drivers", "routes", "menus", "prices", "offers", "quotes", "claims", "policies", "leads", "campaigns",
	"surveys", "reviews", "photos", "videos", "messages", "alerts", "metrics", "devices", "sensors", "meters",
	"batches", "recipes", "lessons", "exams", "patients", "visits", "rooms", "bookings", "flights", "loans",
}

var secondNames = []string{
	"gateway", "sync", "export", "import", "search", "lookup", "events", "bridge", "proxy", "cache",
	"worker", "webhook", "mirror", "archive", "feed", "loader", "router", "notifier", "validator", "planner",
	"store", "queue", "portal", "monitor", "backend",
}

// resourceName returns the k-th of len(firstNames) × len(secondNames) names.
func resourceName(k int) string {
	return firstNames[k/len(secondNames)] + "-" + secondNames[k%len(secondNames)]
}

var givenNames = []string{
	"amy", "ben", "chen", "dana", "emil", "fatima", "george", "hana", "ivan", "julia", "kofi", "lena", "marco", "nadia", "omar",
	"priya", "quentin", "rosa", "sven", "tara", "umar", "vera", "wei", "xenia", "yuki", "zoe", "aldo", "bianca", "carlos", "dmitri",
	"elena", "felix", "greta", "hugo", "ingrid", "jonas", "karin", "luis", "mina", "nils", "olga", "pavel", "renata", "samir", "tomas",
	"ursula", "viktor", "wanda", "yara", "zeno", "anke", "bruno", "clara", "diego", "edith", "farid", "gita", "henrik", "ines", "jakob",
}

var familyNames = []string{
	"adler", "bauer", "costa", "diaz", "eriksen", "fischer", "garcia", "haddad", "ito", "jansen", "kim", "larsen", "moreau", "novak",
	"okafor", "petrov", "quist", "rossi", "silva", "tanaka", "usman", "vargas", "weber", "xu", "yilmaz", "zhang", "ahmed", "brown",
	"chopra", "duran", "evans", "ferrari", "gruber", "hansen", "ivanov", "joshi", "keller", "lopez", "meyer", "nakamura",
}

// names holds the user names by number, a given and a family name each, all different.
var names = func() []string {
	all := make([]string, users)
	for k := range all {
		all[k] = givenNames[k%len(givenNames)] + "." + familyNames[k/len(givenNames)]
	}
	return all
}()

var projectAreas = []string{"retail", "bank", "travel", "health", "energy", "media", "school", "city", "farm", "port"}

// projectNames holds the project names by number.
var projectNames = func() []string {
	all := make([]string, projects)
	for k := range all {
		all[k] = fmt.Sprintf("%s-%03d", projectAreas[k%len(projectAreas)], k)
	}
	return all
}()
