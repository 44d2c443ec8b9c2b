// @ts-check
// The contents page of the app: which address shows which screen, to whom. Screens and their words are loaded when they are
// first needed.

/** @typedef {'visitor' | 'user' | 'admin' | 'anyone'} Who A visitor is signed out; an administrator is a user too. */
/**
 * `path` may have parts such as `:id`. `title` is a word of the frame. `words` are the dictionaries that the screen needs
 * besides the frame's. A route with `nav` stands at the side, in the order of this list.
 * @typedef {{ path: string, who: Who, title: string, load: () => Promise<{ default: any }>, words?: string[],
 *   nav?: { group: 'main' | 'account' | 'admin', icon: string } }} Route
 */

/** @type {Route[]} */
export const ROUTES = [
  { path: '/', who: 'visitor', title: 'title.front', words: ['front', 'prediction'], load: () => import('/js/home/front.js') },
  {
    path: '/', who: 'user', title: 'title.home', words: ['home', 'summary', 'task'], load: () => import('/js/home/home.js'),
    nav: { group: 'main', icon: 'home' },
  },
  {
    path: '/models', who: 'user', title: 'title.models', words: ['ml_model', 'summary', 'prediction'], load: () => import('/js/ml_model/models.js'),
    nav: { group: 'main', icon: 'model' },
  },
  {
    path: '/models/:id', who: 'user', title: 'title.model', words: ['ml_model', 'summary', 'prediction', 'results'],
    load: () => import('/js/ml_model/model.js'),
  },
  {
    path: '/tasks', who: 'user', title: 'title.history', words: ['task', 'ml_task', 'span'], load: () => import('/js/ml_task/history.js'),
    nav: { group: 'main', icon: 'history' },
  },
  {
    path: '/tasks/:id', who: 'user', title: 'title.task', words: ['task', 'ml_task', 'prediction', 'results'],
    load: () => import('/js/ml_task/task.js'),
  },
  {
    path: '/credits', who: 'user', title: 'title.credits', words: ['ledger', 'span'], load: () => import('/js/transaction/credits.js'),
    nav: { group: 'main', icon: 'coin' },
  },
  { path: '/workspaces', who: 'user', title: 'title.workspaces', words: ['team'], load: () => import('/js/workspace/workspaces.js') },
  { path: '/workspaces/:id', who: 'user', title: 'title.workspace', words: ['team', 'identity'], load: () => import('/js/workspace/workspace.js') },
  { path: '/sign-in', who: 'visitor', title: 'title.sign_in', words: ['access'], load: () => import('/js/access/sign-in.js') },
  {
    path: '/sign-up', who: 'visitor', title: 'title.sign_up', words: ['access', 'identity'], load: () => import('/js/access/sign-up.js'),
  },
  { path: '/join', who: 'anyone', title: 'title.join', words: ['workspace'], load: () => import('/js/workspace/join.js') },
  { path: '/account', who: 'user', title: 'title.account', words: ['account', 'identity'], load: () => import('/js/user/account.js') },
  {
    path: '/account/keys', who: 'user', title: 'title.keys', words: ['account'], load: () => import('/js/access/keys.js'),
    nav: { group: 'account', icon: 'key' },
  },
  {
    path: '/account/sessions', who: 'user', title: 'title.sessions', words: ['account'], load: () => import('/js/access/sessions.js'),
    nav: { group: 'account', icon: 'device' },
  },
  { path: '/account/password', who: 'user', title: 'title.password', words: ['user', 'identity'], load: () => import('/js/user/password.js') },
  {
    path: '/admin', who: 'admin', title: 'title.admin', words: ['staff', 'admin', 'team'], load: () => import('/js/admin/overview.js'),
    nav: { group: 'admin', icon: 'chart' },
  },
  {
    path: '/admin/users', who: 'admin', title: 'title.users', words: ['staff', 'identity'], load: () => import('/js/admin/users.js'),
    nav: { group: 'admin', icon: 'people' },
  },
  { path: '/admin/users/:id', who: 'admin', title: 'title.user', words: ['staff', 'ledger', 'results'], load: () => import('/js/admin/user.js') },
  {
    path: '/admin/transactions', who: 'admin', title: 'title.all_transactions', words: ['staff', 'ledger'], load: () => import('/js/admin/transactions.js'),
    nav: { group: 'admin', icon: 'coin' },
  },
  {
    path: '/admin/tasks', who: 'admin', title: 'title.all_tasks', words: ['staff', 'results'], load: () => import('/js/admin/tasks.js'),
    nav: { group: 'admin', icon: 'history' },
  },
  {
    path: '/admin/invitations', who: 'admin', title: 'title.invitations', words: ['staff'], load: () => import('/js/admin/invitations.js'),
    nav: { group: 'admin', icon: 'mail' },
  },
  {
    path: '/admin/audit', who: 'admin', title: 'title.audit', words: ['staff', 'team'], load: () => import('/js/admin/audit.js'),
    nav: { group: 'admin', icon: 'list' },
  },
  {
    path: '/system', who: 'admin', title: 'title.system', words: ['admin', 'server'], load: () => import('/js/admin/system.js'),
    nav: { group: 'admin', icon: 'pulse' },
  },
];

/** Dialogs that any screen may call for. @type {Record<string, { words?: string[], load: () => Promise<{ default: any }> }>} */
export const DIALOGS = {
  palette: { load: () => import('/js/frame/palette.js') },
  new_key: { words: ['account'], load: () => import('/js/access/new-key.js') },
  top_up: { words: ['transaction'], load: () => import('/js/transaction/top-up.js') },
};

/** What is shown where no route fits. */
export const notFound = () => import('/js/home/not-found.js');
