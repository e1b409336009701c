#!/usr/bin/env escript
%% Erlang's ssl as a client that connects twice, or as a server that echoes a line.
-mode(compile).

-define(SPOKEN, "a line from the peer\n").
-define(PATIENCE, 15000).

main(Words) ->
    {ok, _} = application:ensure_all_started(ssl),
    Options = read(Words, #{}),
    case maps:get("role", Options) of
        "server" -> serve(Options);
        "client" -> [connect(Options) || _ <- [1, 2]]
    end.

read(["--demand" | Rest], Options) -> read(Rest, Options#{"demand" => "yes"});
read(["--" ++ Name, Value | Rest], Options) -> read(Rest, Options#{Name => Value});
read([], Options) -> Options.

common(Options) ->
    Version = case maps:get("version", Options) of "1.3" -> 'tlsv1.3'; "1.2" -> 'tlsv1.2' end,
    Suite = ssl:str_to_suite(maps:get("suite", Options)),
    Files = [{Key, maps:get(Name, Options)} || {Name, Key} <-
        [{"roots", cacertfile}, {"cert", certfile}, {"key", keyfile}], maps:is_key(Name, Options)],
    [{mode, binary}, {active, true}, {packet, raw}, {versions, [Version]}, {ciphers, [Suite]} | Files].

tell(Socket) ->
    {ok, Facts} = ssl:connection_information(Socket, [protocol, selected_cipher_suite, session_resumption]),
    Version = case proplists:get_value(protocol, Facts) of 'tlsv1.3' -> "1.3"; 'tlsv1.2' -> "1.2" end,
    Suite = ssl:suite_to_str(proplists:get_value(selected_cipher_suite, Facts)),
    Peer = case ssl:peercert(Socket) of {ok, _} -> 1; {error, no_peercert} -> 0 end,
    io:format("connected TLS ~s ~s resumed=~s certificates=~b~n",
              [Version, Suite, proplists:get_value(session_resumption, Facts), Peer]).

connect(Options) ->
    Port = list_to_integer(maps:get("port", Options)),
    Own = [{verify, verify_peer}, {server_name_indication, "server.test"}],
    {ok, Socket} = ssl:connect("127.0.0.1", Port, Own ++ common(Options), ?PATIENCE),
    tell(Socket),
    ok = ssl:send(Socket, ?SPOKEN),
    io:format("heard [~s]~n", [string:trim(listen(Socket, <<>>))]),
    ssl:close(Socket).

%% What comes until close_notify.
listen(Socket, Heard) ->
    receive
        {ssl, Socket, More} -> listen(Socket, <<Heard/binary, More/binary>>);
        {ssl_closed, Socket} -> Heard
    after ?PATIENCE -> exit(silence)
    end.

serve(Options) ->
    Demand = case maps:is_key("demand", Options) of
        true -> [{verify, verify_peer}, {fail_if_no_peer_cert, true}];
        false -> []
    end,
    Tickets = case maps:get("version", Options) of "1.3" -> [{session_tickets, stateless}]; "1.2" -> [] end,
    {ok, Listener} = ssl:listen(0, [{ip, {127, 0, 0, 1}} | Demand ++ Tickets ++ common(Options)]),
    {ok, {_, Port}} = ssl:sockname(Listener),
    io:format("listening on port ~b~n", [Port]),
    [accept(Listener) || _ <- [1, 2]].

accept(Listener) ->
    {ok, Plain} = ssl:transport_accept(Listener),
    {ok, Socket} = ssl:handshake(Plain, ?PATIENCE),
    tell(Socket),
    Heard = hear_line(Socket, <<>>),
    io:format("heard [~s]~n", [string:trim(Heard)]),
    ok = ssl:send(Socket, Heard),
    listen(Socket, <<>>),
    ssl:close(Socket).

hear_line(Socket, Heard) ->
    case binary:match(Heard, <<"\n">>) of
        nomatch ->
            receive {ssl, Socket, More} -> hear_line(Socket, <<Heard/binary, More/binary>>)
            after ?PATIENCE -> exit(silence)
            end;
        _ -> Heard
    end.
