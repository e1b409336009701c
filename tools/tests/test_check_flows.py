import unittest

from support import load

check_flows = load("check_flows")


def faults(statements):
    return [reason for _, reason in check_flows.check_text("Flow client13(Channel& channel) {\n" + statements + "\n}\n")]


class CheckFlows(unittest.TestCase):
    def accepts(self, statements):
        self.assertEqual(faults(statements), [])

    def refuses(self, statements, reason):
        found = faults(statements)
        self.assertEqual(len(found), 1, found)
        self.assertIn(reason, found[0])

    def test_plain_order_is_accepted(self):
        self.accepts("""
            auto extensions = co_await channel.expect<EncryptedExtensions>();
            co_await accept_parameters(*start, extensions);
            if (!start->resuming) {
              auto proof = co_await channel.ask(std::move(chain));
              co_await check_signature(*start, proof, verify, 3);
            } else if (other) {
              co_await second();
            }
            channel.send(certificate(a, b));
            if (wanted) co_await third();
            while (count > 0) count = co_await fourth(count);
            switch (kind) { case Kind::one: co_await fifth(); break; default: break; }
            for (auto& item : items) { use(item); }
            co_return Result<void>();
        """)

    def test_comments_and_text_are_not_code(self):
        self.accepts('// a ? co_await b() : co_await c()\nco_await fail_with("? {} [] co_await");')

    def test_two_awaits_in_one_statement(self):
        self.refuses("use(co_await a(), co_await b());", "two co_awaits")

    def test_an_await_beside_a_choice(self):
        self.refuses("auto x = flag ? co_await a() : fallback;", "?:")

    def test_an_await_in_a_condition(self):
        self.refuses("if (co_await a()) { b(); }", "condition")
        self.refuses("while (co_await a()) b();", "condition")

    def test_an_await_without_a_name(self):
        self.refuses("use(co_await a());", "name its result")
        self.refuses("co_return co_await a();", "name its result")

    def test_a_braced_value_in_the_expression(self):
        self.refuses("co_await channel.ask(Question{chain, name});", "braced value")
        self.refuses("auto x = co_await Question{chain};", "braced value")

    def test_a_temporary_in_the_expression(self):
        self.refuses("co_await channel.ask(make_question(chain));", "temporary")

    def test_a_lambda(self):
        self.refuses("co_await step([&] { return 1; });", "lambda")
        self.refuses("auto f = [](int x) { return x; };", "lambda")

    def test_a_structured_binding(self):
        self.refuses("auto [a, b] = pair;", "structured binding")

    def test_an_array(self):
        self.refuses("std::array<std::uint8_t, 32> random;", "array")
        self.refuses("char buffer[32];", "array")

    def test_a_crypto_call(self):
        self.refuses("auto hash = crypto::sha256(bytes);", "crypto call")

    def test_a_flow_that_is_a_member(self):
        self.assertTrue(list(check_flows.check_text("Flow Client::run(Channel& channel) { co_return {}; }")))
        self.assertTrue(list(check_flows.check_members("class Client {\n  Flow run(Channel& channel);\n};")))
        self.assertFalse(list(check_flows.check_members("class Client {\n  Flow flow_;\n};\nFlow run(Channel& channel);")))

    def test_the_line_is_named(self):
        self.assertEqual([line for line, _ in check_flows.check_text("\nFlow f(A& a) {\n  a();\n\n  b(co_await a);\n}\n")], [5])


if __name__ == "__main__":
    unittest.main()
