%% Erlang's ssl as a client that connects so many times, or as a server that says again what it hears. Its words stand behind
%% -extra.
-module(ssl_peer).
-export([main/0, run/0]).

-define(SPOKEN, <<"a line from the peer\n">>).
-define(PATIENCE, 15000).

%% For `erl -run`, which calls it in the process that starts and stops all others. That one must go on with its own work, so
%% the conversation has a process of its own.
main() ->
    spawn(?MODULE, run, []).

run() ->
    try converse(read(init:get_plain_arguments(), #{})) of
        _ -> halt(0)
    catch
        _:Reason ->
            io:format("failed: ~0p~n", [Reason]),
            halt(1)
    end.

converse(Options) ->
    {ok, _} = application:ensure_all_started(ssl),
    case maps:get("role", Options) of
        "server" -> serve(Options);
        "client" -> [connect(Options) || _ <- times(Options)]
    end.

read(["--" ++ Name | Rest], Options) when Name == "demand"; Name == "no-tickets"; Name == "update" ->
    read(Rest, Options#{Name => "yes"});
read(["--" ++ Name, Value | Rest], Options) -> read(Rest, Options#{Name => Value});
read([], Options) -> Options.

times(Options) -> lists:seq(1, list_to_integer(maps:get("connections", Options, "2"))).

common(Options) ->
    Version = case maps:get("version", Options) of "1.3" -> 'tlsv1.3'; "1.2" -> 'tlsv1.2' end,
    Suite = ssl:str_to_suite(maps:get("suite", Options)),
    Files = [{Key, maps:get(Name, Options)} || {Name, Key} <-
        [{"roots", cacertfile}, {"cert", certfile}, {"key", keyfile}], maps:is_key(Name, Options)],
    Group = [{supported_groups, [list_to_atom(Name)]} || {ok, Name} <- [maps:find("group", Options)], Version == 'tlsv1.3'],
    [{mode, binary}, {active, true}, {packet, raw}, {versions, [Version]}, {ciphers, [Suite]} | Files ++ Group].

protocols(Options, Key) ->
    [{Key, [list_to_binary(Name) || Name <- string:split(Names, ",", all)]} || {ok, Names} <- [maps:find("alpn", Options)]].

tell(Socket) ->
    {ok, Facts} = ssl:connection_information(Socket, [protocol, selected_cipher_suite, session_resumption]),
    Version = case proplists:get_value(protocol, Facts) of 'tlsv1.3' -> "1.3"; 'tlsv1.2' -> "1.2" end,
    Suite = ssl:suite_to_str(proplists:get_value(selected_cipher_suite, Facts)),
    Peer = case ssl:peercert(Socket) of {ok, _} -> 1; {error, no_peercert} -> 0 end,
    Protocol = case ssl:negotiated_protocol(Socket) of {ok, Name} -> Name; {error, _} -> <<>> end,
    io:format("connected TLS ~s ~s resumed=~s certificates=~b alpn=~s~n",
              [Version, Suite, proplists:get_value(session_resumption, Facts), Peer, Protocol]).

update(Socket, Options) ->
    case maps:is_key("update", Options) of
        true -> ok = ssl:update_keys(Socket, write);
        false -> ok
    end.

connect(Options) ->
    Port = list_to_integer(maps:get("port", Options)),
    Own = [{verify, verify_peer}, {server_name_indication, maps:get("name", Options, "server.test")}],
    Choices = Own ++ protocols(Options, alpn_advertised_protocols) ++ common(Options),
    {ok, Socket} = ssl:connect({127, 0, 0, 1}, Port, Choices, ?PATIENCE),
    tell(Socket),
    update(Socket, Options),
    Said = case maps:find("send", Options) of {ok, File} -> {ok, Read} = file:read_file(File), Read; error -> ?SPOKEN end,
    ok = ssl:send(Socket, Said),
    Heard = listen(Socket, []),
    [ok = file:write_file(File, Heard) || {ok, File} <- [maps:find("received", Options)]],
    tell_first_line(Heard),
    ssl:close(Socket).

%% What comes until close_notify. The socket is active: a passive one loses a close_notify that comes while nobody waits in
%% ssl:recv, and the next ssl:recv waits for ever (handle_alerts in tls_gen_connection.erl of ssl 10.8.7 keeps a note of it that
%% recv does not read).
listen(Socket, Heard) ->
    receive
        {ssl, Socket, More} -> listen(Socket, [Heard, More]);
        {ssl_closed, Socket} -> iolist_to_binary(Heard)
    after ?PATIENCE -> exit(silence)
    end.

tell_first_line(Heard) ->
    [Line | _] = binary:split(Heard, <<"\n">>),
    io:format("heard [~s]~n", [Line]).

serve(Options) ->
    Demand = case maps:is_key("demand", Options) of
        true -> [{verify, verify_peer}, {fail_if_no_peer_cert, true}];
        false -> []
    end,
    Tickets = case maps:get("version", Options) of "1.3" -> [{session_tickets, stateless}]; "1.2" -> [] end,
    Choices = Demand ++ Tickets ++ protocols(Options, alpn_preferred_protocols) ++ common(Options),
    {ok, Listener} = ssl:listen(0, [{ip, {127, 0, 0, 1}} | Choices]),
    {ok, {_, Port}} = ssl:sockname(Listener),
    io:format("listening on port ~b~n", [Port]),
    [accept(Listener, Options) || _ <- times(Options)].

accept(Listener, Options) ->
    {ok, Plain} = ssl:transport_accept(Listener),
    {ok, Socket} = ssl:handshake(Plain, ?PATIENCE),
    tell(Socket),
    update(Socket, Options),
    tell_first_line(echo(Socket, <<>>)),
    ssl:close(Socket).

%% Says again what comes until close_notify, and returns at least its first line.
echo(Socket, Heard) ->
    receive
        {ssl, Socket, More} ->
            ok = ssl:send(Socket, More),
            echo(Socket, if byte_size(Heard) < 100 -> <<Heard/binary, More/binary>>; true -> Heard end);
        {ssl_closed, Socket} -> Heard
    after ?PATIENCE -> exit(silence)
    end.
