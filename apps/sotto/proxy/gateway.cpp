#include "proxy/gateway.hpp"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <thread>

#include <fmt/format.h>
#include <asio/post.hpp>

#include "text.hpp"

namespace program {
namespace {

/// How often the names of backends are looked up again.
constexpr auto refresh_interval = std::chrono::seconds(30);
/// How long connections may take to end after they were cut.
constexpr auto cut_time = std::chrono::seconds(2);
/// Descriptors that are not connections: logs, listeners, event loops, files being loaded.
constexpr std::size_t reserved_descriptors = 96;

/// Raises the number of descriptors to what the system allows, and returns it.
std::size_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  const auto before = limit.rlim_cur;
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 1'048'576);
  if (limit.rlim_cur > before && ::setrlimit(RLIMIT_NOFILE, &limit) != 0) return before;
  return std::max(limit.rlim_cur, before);
}

void block_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

/// Tells systemd, if it started us, how we are (sd_notify(3)).
void notify_service_manager(std::string_view state) {
  const char* const path = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path == nullptr || std::strlen(path) >= sizeof address.sun_path) return;
  std::memcpy(address.sun_path, path, std::strlen(path));
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
  const Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + std::strlen(path));
  // Nothing is to be done if the manager does not listen.
  static_cast<void>(::sendto(socket.value(), state.data(), state.size(), MSG_NOSIGNAL,
                             reinterpret_cast<const sockaddr*>(&address), length));
}

}  // namespace

Gateway::Gateway(Log& log, ProxySettings settings, ReadSettings read_settings)
    : log_(log),
      settings_(std::move(settings)),
      read_settings_(std::move(read_settings)),
      signals_(context_),
      refresh_timer_(context_),
      drain_timer_(context_) {}

Gateway::~Gateway() {
  if (resolver_.joinable()) resolver_.join();
}

Outcome<void> Gateway::start() {
  if (settings_.key_log) {
    auto key_log = sotto::danger::key_log_file(settings_.key_log->string());
    if (!key_log)
      return failure(key_log.error(), fmt::format("the key log '{}'", printable(settings_.key_log->string())));
    surroundings_.key_log = *std::move(key_log);
    log_.warning(fmt::format("the secrets of all connections are written to {}", settings_.key_log->string()));
  }
  auto services = load(settings_);
  if (!services) return std::unexpected(services.error());
  max_connections_ = connection_limit();
  if (auto opened = open(*std::move(services)); !opened) return opened;
  surroundings_.passphrases.stop_asking();
  for (const auto& service : services_)
    if (service->settings.insecure_backend)
      log_.warning(fmt::format("{}: the backend {} is NOT authenticated (insecure backend)", service->settings.name,
                               service->settings.to.text()));
  return {};
}

std::vector<std::string> Gateway::addresses() const {
  std::vector<std::string> all;
  for (const auto& [endpoint, listener] : listeners_) std::ranges::move(listener->addresses(), std::back_inserter(all));
  return all;
}

void Gateway::run() {
  const auto threads = settings_.workers != 0 ? settings_.workers : std::max(1u, std::thread::hardware_concurrency());
  for (unsigned i = 0; i < threads; ++i)
    workers_.push_back(std::make_unique<Worker>(log_, token_threads_, [this] { on_connection_finished(); }));
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) signals_.add(signal);  // before anybody knows that we are there
  for (const auto& [endpoint, listener] : listeners_) {
    for (const auto& address : listener->addresses())
      log_.info(fmt::format("{}: listening on {} for {}", listener->service().settings.name, address,
                            listener->service().settings.to.text()));
    listener->resume();
  }
  refresh_backends_later();
  notify_service_manager("READY=1");
  while (!context_.stopped()) run_until_memory_is_missing();
  block_signals();        // one more must not kill what is already on its way out
  token_threads_.stop();  // their answers go to the workers
  workers_.clear();
}

/// Where even waiting found no memory it is tried again after a while.
void Gateway::run_until_memory_is_missing() {
  try {
    if (!waiting_for_signal_) wait_for_signal();
    for (const auto& [endpoint, listener] : listeners_) listener->wait_for_clients();
    context_.run();
  } catch (const std::exception& error) {
    log_.complain_of(error);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

Outcome<Gateway::Services> Gateway::load(const ProxySettings& settings) {
  Services loaded;
  for (const auto& service : settings.services) {
    const auto before = std::ranges::find(services_, service.name, [](const auto& s) { return s->settings.name; });
    auto made = load_service(service, surroundings_, before == services_.end() ? nullptr : before->get());
    if (!made) return std::unexpected(made.error());
    loaded.push_back(*std::move(made));
  }
  return loaded;
}

/// Makes `services` the ones that new clients get. On failure everything stays as it was.
Outcome<void> Gateway::open(Services services) {
  Listeners opened;
  std::map<std::string, std::shared_ptr<const Service>> wanted;
  for (const auto& service : services) {
    const auto& from = service->settings.from;
    if (!wanted.emplace(from.text(), service).second)
      return failure(ExitCode::configuration, fmt::format("two services listen on {}", printable(from.text())));
    if (listeners_.contains(from.text())) continue;
    auto listener = make_listener(service);
    if (!listener) return std::unexpected(listener.error());
    opened.emplace(from.text(), *std::move(listener));
  }
  // From here on nothing can fail.
  std::erase_if(listeners_, [&](const auto& entry) { return !wanted.contains(entry.first); });
  listeners_.merge(opened);
  for (auto& [endpoint, listener] : listeners_) listener->serve_with(wanted.at(endpoint));
  services_ = std::move(services);
  return {};
}

Outcome<std::unique_ptr<Listener>> Gateway::make_listener(std::shared_ptr<const Service> service) {
  const auto from = service->settings.from;
  auto sockets = listen_on(from);
  if (!sockets) return std::unexpected(sockets.error());
  const auto take = [this](Descriptor client, const Address& address, const auto& its_service) {
    hand_over(std::move(client), address, its_service);
  };
  try {
    return std::make_unique<Listener>(context_, log_, *std::move(sockets), std::move(service), take);
  } catch (const std::system_error& error) {
    return failure(ExitCode::internal,
                   fmt::format("cannot listen on {}: {}", printable(from.text()), error.code().message()));
  }
}

/// Each connection takes two descriptors: accepting more than there are would only fail later.
std::size_t Gateway::connection_limit() const {
  const auto descriptors = raise_descriptor_limit();
  const auto possible = descriptors > reserved_descriptors + 2 ? (descriptors - reserved_descriptors) / 2 : 1;
  if (settings_.max_connections == 0) return possible;
  if (settings_.max_connections > possible)
    log_.warning(fmt::format("at most {} connections, for there are only {} file descriptors", possible, descriptors));
  return std::min(settings_.max_connections, possible);
}

/// At the limit no further client may come in: those wait in the backlog.
void Gateway::hand_over(Descriptor client, const Address& address, const std::shared_ptr<const Service>& service) {
  const auto count = ++active_;
  try {
    workers_[next_worker_]->adopt(std::move(client), address, service);
  } catch (const std::bad_alloc&) {
    --active_;
    throw;
  }
  next_worker_ = (next_worker_ + 1) % workers_.size();
  if (count < max_connections_) return;
  for (const auto& [endpoint, listener] : listeners_) listener->pause();
  paused_ = true;
  if (active_ < max_connections_) resume_listeners();  // one may have finished in between
}

/// Runs on the worker's thread.
void Gateway::on_connection_finished() {
  --active_;
  try {
    if (paused_.exchange(false)) asio::post(context_, [this] { resume_listeners(); });
    if (draining_) asio::post(context_, [this] { leave_if_drained(); });
  } catch (const std::bad_alloc&) {
    paused_ = true;  // the next one tries again; the drain has a timeout
  }
}

void Gateway::resume_listeners() {
  if (draining_) return;
  for (const auto& [endpoint, listener] : listeners_) listener->resume();
}

void Gateway::wait_for_signal() {
  signals_.async_wait([this](const std::error_code& error, int signal) {
    waiting_for_signal_ = false;
    if (error) return;
    if (signal == SIGHUP)
      reload();
    else if (draining_)
      give_up_draining();
    else
      stop();
    wait_for_signal();
  });
  waiting_for_signal_ = true;
}

Outcome<void> Gateway::read_and_open() {
  auto settings = read_settings_();
  if (!settings) return std::unexpected(settings.error());
  auto services = load(*settings);
  if (!services) return std::unexpected(services.error());
  if (auto opened = open(*std::move(services)); !opened) return opened;
  settings_.services = std::move(settings->services);
  settings_.drain_timeout = settings->drain_timeout;
  return {};
}

void Gateway::reload() {
  if (draining_) return;
  auto outcome = Outcome<void>();
  try {
    outcome = read_and_open();
  } catch (const std::exception& error) {  // there is no memory for it
    outcome = failure(ExitCode::internal, error.what());
  }
  if (!outcome)
    return log_.error(fmt::format("the reload failed, and everything stays as it was: {}", outcome.error().sentence));
  if (active_ < max_connections_) resume_listeners();  // else when one has finished
  log_.info("reloaded: new connections get the new certificates and settings");
}

void Gateway::refresh_backends_later() {
  const auto changes = [](const auto& service) { return service->backend->may_change(); };
  refresh_timer_.expires_after(refresh_interval);
  refresh_timer_.async_wait([this, changes](const std::error_code& error) {
    if (error) return;
    refresh_backends_later();
    if (!resolving_ && std::ranges::any_of(services_, changes)) refresh_backends();
  });
}

/// Looks names up in a thread of its own, for the resolver of the C library blocks.
void Gateway::refresh_backends() {
  if (resolver_.joinable()) resolver_.join();
  resolving_ = true;
  try {
    resolver_ = std::thread([this, services = services_] {
      try {
        for (const auto& service : services) refresh_backend(*service);
      } catch (const std::exception& error) {
        log_.complain_of(error);
      }
      resolving_ = false;
    });
  } catch (const std::exception& error) {  // there is no thread to be had
    resolving_ = false;
    log_.complain_of(error);
  }
}

void Gateway::refresh_backend(const Service& service) {
  if (!service.backend->may_change()) return;
  if (const auto found = service.backend->refresh(); !found)
    log_.warning(
        fmt::format("{}: {}; the addresses from before are kept", service.settings.name, found.error().sentence));
}

void Gateway::stop() {
  draining_ = true;
  notify_service_manager("STOPPING=1");
  listeners_.clear();
  refresh_timer_.cancel();
  const std::size_t open = active_;
  if (open != 0)
    log_.info(fmt::format("stopping: {} connections may take {:g} s to end", open,
                          static_cast<double>(settings_.drain_timeout.count()) / 1000));
  drain_timer_.expires_after(settings_.drain_timeout);
  drain_timer_.async_wait([this](const std::error_code& error) {
    if (!error) give_up_draining();
  });
  leave_if_drained();
}

void Gateway::give_up_draining() {
  if (active_ != 0) log_.warning(fmt::format("{} connections did not end in time and are cut", active_.load()));
  for (const auto& worker : workers_) worker->abort_all("cut, since sotto stops");
  drain_timer_.expires_after(cut_time);
  drain_timer_.async_wait([this](const std::error_code& error) {
    if (!error) context_.stop();
  });
  leave_if_drained();
}

void Gateway::leave_if_drained() {
  if (active_ != 0) return;
  log_.info("stopped");
  context_.stop();
}

}  // namespace program
