# Prepares the database where it is new, seeds it, and serves: in one process, since loading Redmine takes longest.
# Writes seeded.json, and template.db where there was none.
require 'json'
FOLDER = ENV.fetch('LIVE_FOLDER')
Dir.chdir '/usr/share/redmine'
require '/usr/share/redmine/config/environment'
require 'rack/handler/webrick'

# SQLite's own way of waiting for a lock keeps Ruby's other threads from running, and with them the one that holds it. A
# transaction takes the lock at its begin, so that no two of them wait for each other.
module PatientConnection
  def configure_connection
    super
    @connection.busy_handler { |waits| sleep 0.005; waits < 4_000 }
  end

  def begin_db_transaction
    log('begin immediate transaction', 'TRANSACTION') { @connection.transaction(:immediate) }
  end
end
ActiveRecord::ConnectionAdapters::SQLite3Adapter.prepend(PatientConnection)
ActiveRecord::Base.clear_all_connections!

unless File.exist?("#{FOLDER}/template.db")
  ActiveRecord::Migration.verbose = false
  ActiveRecord::Base.connection.migration_context.migrate
  # The classes were loaded before there were tables.
  ActiveRecord::Base.descendants.each(&:reset_column_information)
  Redmine::DefaultData::Loader.load('en')
  ActiveRecord::Base.connection.execute("VACUUM INTO '#{FOLDER}/template.db'")
end

def credentials(user, password)
  { name: user.login, password: password, token: user.api_key }
end

def user(login, password)
  user = User.new(firstname: login.capitalize, lastname: 'Tester', mail: "#{login}@example.com", language: 'en')
  user.login = login
  user.password = user.password_confirmation = password
  user.save!
  user
end

def project(name, is_public)
  Project.create!(
    name: name, identifier: name.downcase, is_public: is_public, trackers: Tracker.all,
    enabled_module_names: %w[issue_tracking time_tracking]
  )
end

def ids(records)
  records.to_h { |record| [record.name, record.id] }
end

seeded = ActiveRecord::Base.transaction do
  Setting.rest_api_enabled = '1'
  Setting.default_language = 'en'
  passwords = Array.new(3) { SecureRandom.hex(12) }
  admin = User.find_by_login('admin')
  admin.must_change_passwd = false
  admin.password = admin.password_confirmation = passwords[0]
  admin.save!(validate: false)
  agent = user('agent', passwords[1])
  stranger = user('stranger', passwords[2])

  support = project('Support', true)
  vault = project('Vault', false)
  category = IssueCategory.create!(project: support, name: 'Billing')
  Member.create!(project: support, user: admin, roles: [Role.find_by_name('Manager')])
  # Developers see and edit, and cannot delete.
  Member.create!(project: support, user: agent, roles: [Role.find_by_name('Developer')])
  Role.non_member.update!(permissions: [])

  everywhere = { is_for_all: true, trackers: Tracker.all, is_filter: true }
  order = IssueCustomField.create!(name: 'Order', field_format: 'string', searchable: true, **everywhere)
  labels = IssueCustomField.create!(
    name: 'Labels', field_format: 'list', multiple: true, possible_values: %w[vip late], **everywhere
  )

  # In this tracker nobody can resolve what waits for feedback.
  statuses = ids(IssueStatus.all)
  WorkflowTransition.where(
    tracker: Tracker.find_by_name('Support'), old_status_id: statuses['Feedback'], new_status_id: statuses['Resolved']
  ).delete_all

  # What `file_many` copies.
  model = Issue.new(project: support, tracker: Tracker.first, author: admin, subject: 'One of many', description: 'A text')
  model.notify = false
  model.save!
  ActiveRecord::Base.connection.execute("CREATE TABLE model AS SELECT * FROM issues WHERE id = #{model.id}")
  model.destroy!

  {
    version: Redmine::VERSION.to_s.sub(/\.(stable|devel)\z/, ''),
    admin: credentials(admin, passwords[0]),
    agent: credentials(agent, passwords[1]),
    stranger: credentials(stranger, passwords[2]),
    projects: ids([support, vault]),
    trackers: ids(Tracker.all), statuses: statuses, priorities: ids(IssuePriority.all),
    categories: ids([category]), fields: ids([order, labels]),
    activities: ids(TimeEntryActivity.all)
  }
end
File.write("#{FOLDER}/seeded.new", seeded.to_json)
File.rename("#{FOLDER}/seeded.new", "#{FOLDER}/seeded.json")

Rack::Handler::WEBrick.run(Rails.application, Host: '127.0.0.1', Port: ENV.fetch('LIVE_PORT').to_i, AccessLog: [])
